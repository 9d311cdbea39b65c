#pragma once

#include <memory>
#include <unordered_map>

namespace emu::driver
{
/// Owns the objects that handles point at, so that a handle that is none any more is refused.
template <class T>
class Registry
{
public:
    T* add(std::shared_ptr<T> object)
    {
        T* handle = object.get();
        _objects.emplace(handle, std::move(object));
        return handle;
    }

    /// Null where the handle is none.
    std::shared_ptr<T> find(const void* handle) const
    {
        auto found = _objects.find(handle);
        return found == _objects.end() ? nullptr : found->second;
    }

    std::shared_ptr<T> remove(const void* handle)
    {
        auto found = _objects.find(handle);
        if (found == _objects.end())
        {
            return nullptr;
        }

        std::shared_ptr<T> object = std::move(found->second);
        _objects.erase(found);
        return object;
    }

    size_t size() const
    {
        return _objects.size();
    }

    auto begin() const
    {
        return _objects.begin();
    }

    auto end() const
    {
        return _objects.end();
    }

private:
    std::unordered_map<const void*, std::shared_ptr<T>> _objects;
};
}
