#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

namespace emu::nvrtc
{
/// A name for a content: FNV-1a from two starting points, in hexadecimal.
inline std::string hashOf(const std::string& content)
{
    constexpr uint64_t Prime = 1099511628211u;
    uint64_t first = 14695981039346656037u;
    uint64_t second = 0x9E3779B97F4A7C15u;
    for (unsigned char c : content)
    {
        first = (first ^ c) * Prime;
        second = (second ^ c) * Prime;
    }

    char text[40];
    snprintf(text, sizeof text, "%016llx%016llx", (unsigned long long)first, (unsigned long long)second);
    return text;
}
}
