#include <csignal>
#include <cstdio>
#include <ucontext.h>

#include "engine.h"
#include "failure.h"

namespace emu
{
static constexpr int Signals[] = { SIGSEGV, SIGBUS, SIGFPE };
static struct sigaction previous[sizeof Signals / sizeof Signals[0]];
static int faultSignal;
static void* faultAddress;

// Runs on the stack of the fiber, as if the kernel had called it.
[[noreturn]] static void failAtFault()
{
    char why[320];
    if (faultSignal == SIGFPE)
    {
        snprintf(why, sizeof why, "an integer division by zero");
        engine().failInKernel(FailureLaunch, why);
    }

    char place[256];
    describeAddress(faultAddress, place, sizeof place);
    snprintf(why, sizeof why, "access to the illegal address %p%s", faultAddress, place);
    engine().failInKernel(FailureIllegalAddress, why);
}

static void passOn(int signal, siginfo_t* info, void* context)
{
    for (size_t i = 0; i < sizeof Signals / sizeof Signals[0]; i++)
    {
        if (Signals[i] != signal)
        {
            continue;
        }

        if (previous[i].sa_flags & SA_SIGINFO)
        {
            previous[i].sa_sigaction(signal, info, context);
        }
        else if (previous[i].sa_handler == SIG_DFL || previous[i].sa_handler == SIG_IGN)
        {
            sigaction(signal, &previous[i], nullptr); // it comes again
        }
        else
        {
            previous[i].sa_handler(signal);
        }
    }
}

static void onSignal(int signal, siginfo_t* info, void* context)
{
    if (!engine().isInKernel())
    {
        passOn(signal, info, context);
        return;
    }

    // The fiber is given up, so its stack can be used from the top; it may be the stack that ran out.
    faultSignal = signal;
    faultAddress = info->si_addr;
    greg_t* registers = ((ucontext_t*)context)->uc_mcontext.gregs;
    registers[REG_RSP] = (greg_t)(engine().topOfCurrentStack() - sizeof(void*));
    registers[REG_RIP] = (greg_t)failAtFault;
}

void catchFaults()
{
#if !defined(EMU_ASAN) && !defined(EMU_TSAN)
    static bool installed = false;
    if (installed)
    {
        return;
    }

    installed = true;
    struct sigaction action = {};
    action.sa_sigaction = onSignal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof Signals / sizeof Signals[0]; i++)
    {
        sigaction(Signals[i], &action, &previous[i]);
    }
#endif
}
}
