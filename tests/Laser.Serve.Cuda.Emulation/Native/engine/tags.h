#pragma once

#include <memory>
#include <vector>

#include "sanitizers.h"

namespace emu
{
/// Places by which ThreadSanitizer knows who waited for whom. Two of each: a fast thread may be at its next wait already.
struct BlockTags
{
    char barrier[2];
    char warps[32][2];   // of operations of all lanes
    char threads[1024][2]; // of operations of some lanes
};

/// Gives each block of a launch its own tags: otherwise one block would seem to wait for another.
class TagPool
{
public:
    BlockTags& fresh()
    {
        if (_kept.empty() || sanitizer::BlocksNeedTheirOwnMemory)
        {
            _kept.push_back(std::make_unique<BlockTags>());
        }

        return *_kept.back();
    }

    /// What main waited for is in the past of all that comes.
    void endLaunch()
    {
        _kept.resize(sanitizer::BlocksNeedTheirOwnMemory ? 0 : _kept.size());
    }

private:
    std::vector<std::unique_ptr<BlockTags>> _kept;
};
}
