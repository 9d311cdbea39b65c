#pragma once

#include <string>
#include <utility>
#include <vector>

namespace emu::nvrtc
{
/// A text with a name: a program or one of its headers.
struct Source
{
    std::string name;
    std::string text;
};

/// Folder of the emulation's headers, folder of compiled programs, and the flags of the C++ compiler; null leaves what was set.
void configure(const char* includeFolder, const char* cacheFolder, const char* flags);

/// Names the headers of the emulation: a program that was compiled with others does not fit.
const std::string& hashOfHeaders();

/// Compiles with g++, or finds what was compiled before. Gives the shared object; empty on errors. `log` is what the compiler
/// said.
std::string compile(
    const Source& program, const std::vector<Source>& headers, const std::vector<std::string>& defines, std::string& log);

/// The "machine code" that stands for a shared object, and back; null where it is none.
std::string imageOf(const std::string& file);
const char* fileOfImage(const char* image);
}
