using System;
using SharpRun.Linux;
using static SharpRun.KernelTests.Text;

namespace SharpRun.KernelTests;

static class BpfTests
{
    // linux/bpf.h, struct bpf_insn: code (8 bits), registers (8), offset (16), immediate (32).
    private const ulong ReturnR0 = 0x95, R0IsZero = 0xB7, R0IsOne = 0xB7 | 1UL << 32;

    public static readonly Test[] All =
    [
        new("the verifier explains a refused program", Verifier),
        new("a device program denies, is replaced, listed and detached", DeviceProgram, Native.CLONE_NEWNS),
    ];

    private static int Load(params ReadOnlySpan<ulong> program)
    {
        var loaded = Sys.BpfLoadCgroupDevice(program, default);
        Check.Needs(loaded.Error, "BPF device programs");
        return Check.Value(loaded);
    }

    private static void Verifier()
    {
        Load(R0IsOne, ReturnR0);
        var log = new byte[4096];
        // Nothing is in register 0.
        var refused = Sys.BpfLoadCgroupDevice([ReturnR0], log);
        Check.Fails(Errno.EACCES, refused);
        Check.Contains("R0", Of(log));
        Check.Fails(Errno.EINVAL, Sys.BpfLoadCgroupDevice([R0IsOne], log));
    }

    private static void DeviceProgram()
    {
        var (deny, allow) = (Load(R0IsZero, ReturnR0), Load(R0IsOne, ReturnR0));
        using var cgroup = new TestCgroup();
        Check.Ok(Sys.BpfAttach(cgroup.Fd, deny, Native.BPF_F_ALLOW_MULTI));
        Check.Equal(Errno.EPERM, OpenInside(cgroup), "with the program that denies");
        Span<uint> ids = stackalloc uint[4];
        Check.Equal(1, Check.Value(Sys.BpfQueryAttached(cgroup.Fd, ids)));
        var attached = Check.Value(Sys.BpfOpen(ids[0]));
        Check.Ok(Sys.BpfAttach(cgroup.Fd, allow, Native.BPF_F_ALLOW_MULTI | Native.BPF_F_REPLACE, attached));
        Check.Equal(Errno.OK, OpenInside(cgroup), "with the program that allows");
        Check.Equal(1, Check.Value(Sys.BpfQueryAttached(cgroup.Fd, ids)));
        Check.Ok(Sys.BpfDetach(cgroup.Fd, allow));
        Check.Equal(0, Check.Value(Sys.BpfQueryAttached(cgroup.Fd, ids)));
        Check.Fails(Errno.ENOENT, Sys.BpfDetach(cgroup.Fd, allow));
    }

    private static Errno OpenInside(TestCgroup cgroup)
    {
        var pid = Check.Value(Sys.Clone(0, out var pidFd, cgroup.Fd));
        if (pid == 0)
        {
            Sys.Exit((int)Sys.Open(Native.AT_FDCWD, "/dev/null"u8, Native.O_RDONLY).Error);
        }
        Check.Value(Sys.WaitId(pidFd, Native.WEXITED, out var status));
        return (Errno)status.Status;
    }
}
