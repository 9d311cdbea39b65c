namespace Laser.Serve.Cpu.Emitted;

/// <summary>General registers, by their numbers in instructions: those a System V leaf may overwrite.</summary>
internal enum Register
{
    Rax = 0,
    Rcx = 1,
    Rdx = 2,
    Rsi = 6,
    Rdi = 7,
    R8 = 8,
    R9 = 9,
    R10 = 10,
    R11 = 11,
}
