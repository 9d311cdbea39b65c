using Laser.Serve.Cpu.Emitted;

namespace Laser.Serve.Backends.Tests.Cpu.Emitted;

/// <summary>The bytes are those of the GNU assembler, told to write displacements as a byte.</summary>
public sealed class KernelAssemblerTests
{
    private static readonly Dictionary<string, (Action<KernelAssembler> Write, string Bytes)> Forms = new()
    {
        ["vmovups zmm0, [rsi]"] = (code => code.Load(0, Register.Rsi, 0), "62F17C48104600"),
        ["vmovups zmm31, [r11+192]"] = (code => code.Load(31, Register.R11, 3), "62417C48107B03"),
        ["vmovups zmm17, [r10+64]"] = (code => code.Load(17, Register.R10, 1), "62C17C48104A01"),
        ["vmovups [r8], zmm9"] = (code => code.Store(9, Register.R8, 0), "62517C48114800"),
        ["vmovups [r8+192], zmm30"] = (code => code.Store(30, Register.R8, 3), "62417C48117003"),
        ["vbroadcastss zmm20, [rdi]"] = (code => code.Broadcast(20, Register.Rdi), "62E27D48186700"),
        ["vbroadcastss zmm21, [r10+rdx]"] =
            (code => code.Broadcast(21, Register.R10, Register.Rdx), "62C27D48186C1200"),
        ["vbroadcastss zmm5, [rdi+rdx*2]"] =
            (code => code.Broadcast(5, Register.Rdi, Register.Rdx, scale: 2), "62F27D48186C5700"),
        ["vbroadcastss zmm13, [r10+rax]"] =
            (code => code.Broadcast(13, Register.R10, Register.Rax), "62527D48186C0200"),
        ["vdpbf16ps zmm0, zmm16, zmm20"] = (code => code.Dot(0, 16, 20), "62B27E4052C4"),
        ["vdpbf16ps zmm15, zmm7, zmm31"] = (code => code.Dot(15, 7, 31), "6212464852FF"),
        ["vdpbf16ps zmm23, zmm31, zmm8"] = (code => code.Dot(23, 31, 8), "62C2064052F8"),
        ["mov rax, rdx"] = (code => code.Move(Register.Rax, Register.Rdx), "4889D0"),
        ["mov r10, rdi"] = (code => code.Move(Register.R10, Register.Rdi), "4989FA"),
        ["mov r11, r8"] = (code => code.Move(Register.R11, Register.R8), "4D89C3"),
        ["add rax, rdx"] = (code => code.Add(Register.Rax, Register.Rdx), "4801D0"),
        ["add r11, r9"] = (code => code.Add(Register.R11, Register.R9), "4D01CB"),
        ["add rsi, 0x12345"] = (code => code.Add(Register.Rsi, 0x12345), "4881C645230100"),
        ["add r10, 0x12345"] = (code => code.Add(Register.R10, 0x12345), "4981C245230100"),
        ["dec rcx, jnz to itself"] = (code => code.Loop(Register.Rcx, 0), "48FFC90F85F7FFFFFF"),
        ["vzeroupper, ret"] = (code => code.Return(), "C5F877C3"),
    };

    public static TheoryData<string> FormNames => [.. Forms.Keys];

    [Theory]
    [MemberData(nameof(FormNames))]
    public void Write_EachForm_GivesTheBytesOfAnAssembler(string form)
    {
        KernelAssembler code = new();
        Forms[form].Write(code);
        Assert.Equal(Forms[form].Bytes, Convert.ToHexString(code.Code));
        Assert.Equal(Forms[form].Bytes.Length / 2, code.Position);
    }
}
