// Stands ahead of every program: memory of exactly the size that kernels may touch, and launches that must succeed.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

// A heap block of its own, so that an access behind its end is one that a sanitizer sees.
template <class T> class Memory
{
public:
    explicit Memory(size_t count, T value = T()) : _items(count, value)
    {
    }

    operator T*() { return _items.data(); }
    T& operator[](size_t i) { return _items[i]; }
    size_t size() const { return _items.size(); }

private:
    std::vector<T> _items;
};

static unsigned randomState = 1;

// Uniform in [-1, 1).
static float randomNumber()
{
    randomState = randomState * 1664525u + 1013904223u;
    return (float)(int)randomState / 2147483648.f;
}

static void fill(Memory<float>& numbers)
{
    for (size_t i = 0; i < numbers.size(); i++)
        numbers[i] = randomNumber();
}

static void require(bool condition, const char* what)
{
    if (!condition)
    {
        fprintf(stderr, "wrong: %s\n", what);
        exit(1);
    }
}

static void requireFinite(Memory<float>& numbers, const char* what)
{
    for (size_t i = 0; i < numbers.size(); i++)
        require(std::isfinite(numbers[i]), what);
}

template <class F> static void run(const char* name, dim3 grid, int threads, size_t sharedBytes, F kernel)
{
    emu::launch(name, grid, dim3(threads), sharedBytes, kernel);
}
