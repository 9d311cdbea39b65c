#include "kernel_names.h"

#include <cctype>

namespace emu::nvrtc
{
static std::string withoutComments(const std::string& source)
{
    std::string text;
    size_t i = 0;
    while (i < source.size())
    {
        bool isLine = source.compare(i, 2, "//") == 0;
        bool isBlock = source.compare(i, 2, "/*") == 0;
        if (!isLine && !isBlock)
        {
            text += source[i++];
            continue;
        }

        size_t end = isLine ? source.find('\n', i) : source.find("*/", i + 2);
        i = end == std::string::npos ? source.size() : isLine ? end : end + 2;
        text += ' ';
    }

    return text;
}

static bool isWord(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

// Reads `(...)` from its opening parenthesis; gives what is inside and moves behind it.
static std::string readParentheses(const std::string& text, size_t& i)
{
    size_t start = i + 1;
    int depth = 0;
    while (i < text.size())
    {
        depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
        i++;
        if (depth == 0)
        {
            return text.substr(start, i - start - 1);
        }
    }

    return "";
}

// Reads from behind `__global__` up to the parenthesis of the parameters, before which the name stands.
static KernelName readKernel(const std::string& text, size_t& i)
{
    KernelName kernel;
    while (i < text.size() && text[i] != ';' && text[i] != '{')
    {
        if (text[i] == '(')
        {
            if (kernel.name != "__launch_bounds__")
            {
                return kernel;
            }

            kernel.bounds = readParentheses(text, i);
        }
        else if (isWord(text[i]))
        {
            size_t start = i;
            while (i < text.size() && isWord(text[i]))
            {
                i++;
            }

            kernel.name = text.substr(start, i - start);
        }
        else
        {
            i++;
        }
    }

    kernel.name.clear();
    return kernel;
}

std::vector<KernelName> findKernels(const std::string& source)
{
    const std::string keyword = "__global__";
    const std::string text = withoutComments(source);
    std::vector<KernelName> kernels;
    size_t i = text.find(keyword);
    while (i != std::string::npos)
    {
        i += keyword.size();
        KernelName kernel = readKernel(text, i);
        if (!kernel.name.empty())
        {
            kernels.push_back(kernel);
        }

        i = text.find(keyword, i);
    }

    return kernels;
}
}
