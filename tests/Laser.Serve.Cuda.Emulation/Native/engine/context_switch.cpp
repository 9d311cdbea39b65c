#include "context_switch.h"

#if !defined(__x86_64__)
#error "x86-64 only: emu_switch has to be written for this processor."
#endif

asm(R"(
    .text
    .globl emu_switch
    .type emu_switch, @function
emu_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    popq %rcx
    jmp *%rcx
    .size emu_switch, . - emu_switch
)");

namespace emu
{
void* prepareStack(char* top, void (*entry)())
{
    constexpr int SavedRegisters = 6;
    void** stack = (void**)top;
    *--stack = nullptr; // the return address of `entry`; it also leaves the stack aligned as after a call
    *--stack = (void*)entry;
    for (int i = 0; i < SavedRegisters; i++)
    {
        *--stack = nullptr;
    }

    return stack;
}
}
