#include "compiler.h"

#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <mutex>
#include <spawn.h>
#include <sstream>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hash.h"
#include "kernel_names.h"

extern char** environ;

namespace emu::nvrtc
{
static const char* const HeaderNames[] = {
    "emu.h", "emu_atomics.h", "emu_copy.h", "emu_engine.h", "emu_kernel.h", "emu_keywords.h", "emu_math.h", "emu_matrix.h",
    "emu_types.h", "emu_warp.h",
};

struct Settings
{
    std::mutex mutex;
    std::string includeFolder;
    std::string cacheFolder;
    std::string flags;
    std::string headers; // their hash
};

static const char* environmentOr(const char* name, const char* otherwise)
{
    const char* value = getenv(name);
    return value == nullptr ? otherwise : value;
}

static Settings& settings()
{
    static Settings& instance = *[]
    {
        auto* settings = new Settings();
        settings->includeFolder = environmentOr("LASER_EMU_INCLUDE", ".");
        settings->cacheFolder = environmentOr("LASER_EMU_CACHE", "laser-emu-cache");
        settings->flags = environmentOr("LASER_EMU_CXXFLAGS", "-O1");
        return settings;
    }();
    return instance;
}

static std::string readFile(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

static std::string absolute(const std::string& path)
{
    char* resolved = realpath(path.c_str(), nullptr);
    std::string result = resolved == nullptr ? path : resolved;
    free(resolved);
    return result;
}

void configure(const char* includeFolder, const char* cacheFolder, const char* flags)
{
    Settings& all = settings();
    std::lock_guard lock(all.mutex);
    all.includeFolder = includeFolder == nullptr ? all.includeFolder : includeFolder;
    all.cacheFolder = cacheFolder == nullptr ? all.cacheFolder : cacheFolder;
    all.flags = flags == nullptr ? all.flags : flags;
    all.headers.clear();
}

const std::string& hashOfHeaders()
{
    Settings& all = settings();
    std::lock_guard lock(all.mutex);
    if (all.headers.empty())
    {
        std::string text;
        for (const char* name : HeaderNames)
        {
            text += readFile(all.includeFolder + "/" + name);
        }

        all.headers = hashOf(text);
    }

    return all.headers;
}

// A fused multiply-add is an instruction, but never made of a multiplication and an addition: IEEE, as written.
static std::vector<std::string> baseFlags()
{
    std::vector<std::string> flags = {
        "-std=c++17", "-fPIC", "-shared", "-fvisibility=hidden", "-ffp-contract=off", "-fno-math-errno",
        "-fno-strict-aliasing", "-w", "-g1",
    };
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    {
        flags.push_back("-march=x86-64-v3");
    }

    return flags;
}

static std::vector<std::string> words(const std::string& text)
{
    std::istringstream stream(text);
    std::vector<std::string> result;
    std::string word;
    while (stream >> word)
    {
        result.push_back(word);
    }

    return result;
}

// The program, and behind it the table of its kernels.
static std::string withTable(const Source& program)
{
    std::string text = "#line 1 \"" + program.name + "\"\n" + program.text + "\n#line 1 \"kernels\"\nEMU_KERNELS(\n";
    for (const KernelName& kernel : findKernels(program.text))
    {
        text += "EMU_KERNEL(" + kernel.name + (kernel.bounds.empty() ? "" : ", " + kernel.bounds) + ")\n";
    }

    return text + ")\n";
}

// Runs a program in `folder`; what it says goes to the file `log` there.
static void run(const std::vector<std::string>& command, const std::string& folder)
{
    std::vector<char*> arguments;
    for (const std::string& argument : command)
    {
        arguments.push_back((char*)argument.c_str());
    }

    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "log", O_WRONLY | O_CREAT | O_TRUNC, 0644);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    pid_t child;
    if (posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ) == 0)
    {
        waitpid(child, nullptr, 0);
    }

    posix_spawn_file_actions_destroy(&actions);
}

static std::string makeFolder(const std::string& cache)
{
    mkdir(cache.c_str(), 0755);
    std::string name = absolute(cache) + "/compiling-XXXXXX";
    return mkdtemp(name.data()) == nullptr ? "" : name;
}

static std::string compileTo(
    const std::string& target, const std::string& folder, const std::vector<std::string>& command,
    const std::vector<Source>& sources, std::string& log)
{
    for (const Source& source : sources)
    {
        std::ofstream(folder + "/" + source.name) << source.text;
    }

    run(command, folder);
    log = readFile(folder + "/log");

    // Where another process was faster, its file is replaced by an equal one. What counts is whether there is one: the host may
    // have taken the compiler's exit status.
    bool done = rename((folder + "/kernels.so").c_str(), target.c_str()) == 0;
    for (const Source& source : sources)
    {
        unlink((folder + "/" + source.name).c_str());
    }

    unlink((folder + "/log").c_str());
    rmdir(folder.c_str());
    return done ? target : "";
}

std::string compile(
    const Source& program, const std::vector<Source>& headers, const std::vector<std::string>& defines, std::string& log)
{
    std::string headerHash = hashOfHeaders();
    std::vector<std::string> command = baseFlags();
    std::string cache;
    std::string include;
    {
        std::lock_guard lock(settings().mutex);
        cache = settings().cacheFolder;
        include = absolute(settings().includeFolder);
        for (const std::string& flag : words(settings().flags))
        {
            command.push_back(flag);
        }
    }

    command.insert(command.begin(), "g++");
    command.insert(command.end(), defines.begin(), defines.end());
    command.push_back("-DEMU_HEADERS=\"" + headerHash + "\"");
    std::string content;
    for (const std::string& word : command)
    {
        content += word + '\n';
    }

    std::vector<Source> sources = headers;
    sources.push_back({ "kernels.cpp", withTable(program) });
    for (const Source& source : sources)
    {
        content += source.name + '\n' + source.text;
    }

    std::string folder = absolute(cache);
    std::string target = folder + "/" + hashOf(content) + ".so";
    if (access(target.c_str(), R_OK) == 0)
    {
        return target;
    }

    folder = makeFolder(cache);
    if (folder.empty())
    {
        log = "the emulation cannot write to its folder " + cache;
        return "";
    }

    target = absolute(cache) + "/" + hashOf(content) + ".so";
    for (const char* word : { "-I.", "-include", "emu.h", "kernels.cpp", "-o", "kernels.so" })
    {
        command.push_back(word);
    }

    command.push_back("-I" + include);
    return compileTo(target, folder, command, sources, log);
}

static const char ImageMark[] = "EMU:";

std::string imageOf(const std::string& file)
{
    return ImageMark + file;
}

const char* fileOfImage(const char* image)
{
    size_t length = sizeof ImageMark - 1;
    return strncmp(image, ImageMark, length) == 0 ? image + length : nullptr;
}
}
