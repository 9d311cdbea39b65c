#pragma once

#include <string>
#include <vector>

namespace emu::nvrtc
{
/// A kernel as its source has it: `__global__ void __launch_bounds__(bounds) name(`.
struct KernelName
{
    std::string name;
    std::string bounds; // empty where there are none
};

/// Finds the kernels in a text, comments aside. It does not preprocess: a kernel must not depend on an #if.
std::vector<KernelName> findKernels(const std::string& source);
}
