#pragma once

#include <cstddef>
#include <vector>

namespace emu
{
/// Dynamic shared memory, fresh and full of NaN for each block, with a page behind it that nobody may touch.
class SharedMemory
{
public:
    static constexpr size_t Limit = 227 * 1024;

    unsigned char* fresh(size_t bytes);

    /// Lets go of what sanitizers wanted kept apart; no block runs any more.
    void endLaunch();

private:
    void map();

    unsigned char* _end = nullptr;
    std::vector<void*> _kept;
};
}
