// The calls of NVRTC.
#include <cstring>
#include <string>
#include <vector>

#include "../driver/codes.h"
#include "compiler.h"

namespace emu::nvrtc
{
enum NvrtcResult : int
{
    NvrtcSuccess = 0,
    NvrtcInvalidInput = 3,
    NvrtcInvalidProgram = 4,
    NvrtcInvalidOption = 5,
    NvrtcCompilation = 6,
};

struct Program
{
    Source source;
    std::vector<Source> headers;
    std::string log;
    std::string image;
    bool hasMachineCode = false; // compiled for sm_XX: for compute_XX there is only PTX
};

EMU_API NvrtcResult nvrtcVersion(int* major, int* minor)
{
    *major = 12;
    *minor = 8;
    return NvrtcSuccess;
}

EMU_API const char* nvrtcGetErrorString(NvrtcResult result)
{
    switch (result)
    {
        case NvrtcSuccess:
            return "NVRTC_SUCCESS";
        case NvrtcInvalidInput:
            return "NVRTC_ERROR_INVALID_INPUT";
        case NvrtcInvalidProgram:
            return "NVRTC_ERROR_INVALID_PROGRAM";
        case NvrtcInvalidOption:
            return "NVRTC_ERROR_INVALID_OPTION";
        case NvrtcCompilation:
            return "NVRTC_ERROR_COMPILATION";
        default:
            return "NVRTC_ERROR unknown";
    }
}

EMU_API NvrtcResult nvrtcCreateProgram(
    Program** program, const char* text, const char* name, int headerCount, const char* const* headers,
    const char* const* headerNames)
{
    if (text == nullptr || headerCount < 0)
    {
        return NvrtcInvalidInput;
    }

    auto* created = new Program();
    created->source = { name == nullptr || *name == '\0' ? "default_program" : name, text };
    for (int i = 0; i < headerCount; i++)
    {
        created->headers.push_back({ headerNames[i], headers[i] });
    }

    *program = created;
    return NvrtcSuccess;
}

EMU_API NvrtcResult nvrtcDestroyProgram(Program** program)
{
    if (program == nullptr || *program == nullptr)
    {
        return NvrtcInvalidProgram;
    }

    delete *program;
    *program = nullptr;
    return NvrtcSuccess;
}

static bool startsWith(const std::string& text, const char* start)
{
    return text.compare(0, strlen(start), start) == 0;
}

// Options that change nothing here. Fast math is not among them: no kernel may use it.
static bool isIgnored(const std::string& option)
{
    static const char* const ignored[] = {
        "--std=", "-std=", "--ptxas-options=", "-Xptxas", "--maxrregcount=", "-maxrregcount=", "--fmad=", "-fmad=", "-lineinfo",
        "--generate-line-info", "--restrict", "-restrict", "--extra-device-vectorization", "--diag-suppress=", "-default-device",
        "--device-as-default-execution-space", "--no-source-include", "-no-source-include", "-w", "--disable-warnings",
        "--split-compile=", "--minimal", "-dopt", "--dopt",
    };
    for (const char* start : ignored)
    {
        if (startsWith(option, start))
        {
            return true;
        }
    }

    return false;
}

static bool readOption(const std::string& option, Program& program, std::vector<std::string>& defines)
{
    if (startsWith(option, "-D"))
    {
        defines.push_back(option);
        return true;
    }

    for (const char* start : { "--define-macro=", "-define-macro=" })
    {
        if (startsWith(option, start))
        {
            defines.push_back("-D" + option.substr(strlen(start)));
            return true;
        }
    }

    for (const char* start : { "--gpu-architecture=", "-arch=", "-gpu-architecture=" })
    {
        if (startsWith(option, start))
        {
            std::string architecture = option.substr(strlen(start));
            program.hasMachineCode = startsWith(architecture, "sm_");
            return program.hasMachineCode || startsWith(architecture, "compute_");
        }
    }

    return isIgnored(option);
}

EMU_API NvrtcResult nvrtcCompileProgram(Program* program, int optionCount, const char* const* options)
{
    if (program == nullptr)
    {
        return NvrtcInvalidProgram;
    }

    std::vector<std::string> defines;
    program->log.clear();
    program->image.clear();
    program->hasMachineCode = false;
    for (int i = 0; i < optionCount; i++)
    {
        if (!readOption(options[i], *program, defines))
        {
            program->log = std::string("unknown or refused option: ") + options[i] + "\n";
            return NvrtcInvalidOption;
        }
    }

    std::string file = compile(program->source, program->headers, defines, program->log);
    if (file.empty())
    {
        return NvrtcCompilation;
    }

    program->image = imageOf(file);
    return NvrtcSuccess;
}

static NvrtcResult sizeOf(Program* program, const std::string& text, size_t* size)
{
    *size = text.size() + 1;
    return program == nullptr ? NvrtcInvalidProgram : NvrtcSuccess;
}

static NvrtcResult copyOf(const std::string& text, char* to)
{
    memcpy(to, text.c_str(), text.size() + 1);
    return NvrtcSuccess;
}

EMU_API NvrtcResult nvrtcGetProgramLogSize(Program* program, size_t* size)
{
    return program == nullptr ? NvrtcInvalidProgram : sizeOf(program, program->log, size);
}

EMU_API NvrtcResult nvrtcGetProgramLog(Program* program, char* log)
{
    return program == nullptr ? NvrtcInvalidProgram : copyOf(program->log, log);
}

EMU_API NvrtcResult nvrtcGetPTXSize(Program* program, size_t* size)
{
    return program == nullptr || program->image.empty() ? NvrtcInvalidProgram : sizeOf(program, program->image, size);
}

EMU_API NvrtcResult nvrtcGetPTX(Program* program, char* image)
{
    return program == nullptr || program->image.empty() ? NvrtcInvalidProgram : copyOf(program->image, image);
}

EMU_API NvrtcResult nvrtcGetCUBINSize(Program* program, size_t* size)
{
    if (program != nullptr && !program->hasMachineCode)
    {
        *size = 0;
        return NvrtcSuccess;
    }

    return nvrtcGetPTXSize(program, size);
}

EMU_API NvrtcResult nvrtcGetCUBIN(Program* program, char* image)
{
    return program != nullptr && !program->hasMachineCode ? NvrtcInvalidProgram : nvrtcGetPTX(program, image);
}
}
