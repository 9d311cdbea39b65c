#pragma once

#include <vector>

#include "../kernel/emu_engine.h"

namespace emu
{
/// What a thread has begun to copy with cp.async, in its groups.
class CopyQueue
{
public:
    void clear()
    {
        _copies.clear();
        _taken = 0;
        _group = 0;
    }

    /// Adds to the group that is open.
    void push(void* destination, const uint4& value)
    {
        _copies.push_back({ { destination, value }, _group });
    }

    void commit()
    {
        _group++;
    }

    /// Takes copies of all committed groups but the newest `keep`, oldest first. Gives how many.
    int take(int keep, PendingCopy* copies, int capacity)
    {
        int count = 0;
        while (count < capacity && _taken < _copies.size() && _copies[_taken].group + keep < _group)
        {
            copies[count++] = _copies[_taken++].copy;
        }

        if (_taken == _copies.size())
        {
            _copies.clear();
            _taken = 0;
        }

        return count;
    }

    bool empty() const
    {
        return _taken == _copies.size();
    }

private:
    struct Entry
    {
        PendingCopy copy;
        int group;
    };

    std::vector<Entry> _copies;
    size_t _taken = 0;
    int _group = 0;
};
}
