namespace SharpRun.Seccomp;

/// <summary>The calling conventions whose calls we know by number. x32 is x86_64 with 32-bit pointers: the same AUDIT_ARCH, and bit 30 set in
/// the number of each call.</summary>
public enum Architecture
{
    X86_64, X86, X32, Arm64,
}

public static class Architectures
{
    public const int Count = 4;

    /// <summary>__X32_SYSCALL_BIT of asm/unistd.h.</summary>
    public const uint X32Bit = 0x40000000;

    /// <summary>What struct seccomp_data says of a call: AUDIT_ARCH_* of linux/audit.h.</summary>
    public static uint AuditArch(this Architecture architecture) => architecture switch
    {
        Architecture.X86 => 0x40000003,
        Architecture.Arm64 => 0xC00000B7,
        _ => 0xC000003E,
    };

    /// <summary>Only the low half of an argument means something.</summary>
    public static bool Has32BitArguments(this Architecture architecture) => architecture is Architecture.X86 or Architecture.X32;
}
