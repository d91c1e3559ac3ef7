using System;
using SharpRun.Linux;
using static SharpRun.KernelTests.Text;

namespace SharpRun.KernelTests;

/// <summary>An empty cgroup v2 below the root of the hierarchy, seen through a mount of the test's own; removed at the end.</summary>
sealed class TestCgroup : IDisposable
{
    private readonly int _root;

    public TestCgroup()
    {
        Scratch.MakeDirectory("cgroup2");
        var path = Z($"{Scratch.Path}/cgroup2");
        var error = Sys.Mount("cgroup2"u8, path, "cgroup2"u8, 0, default);
        Check.Needs(error, "cgroup v2");
        Check.Ok(error);
        _root = Check.Value(Sys.Open(Native.AT_FDCWD, path, Native.O_PATH | Native.O_DIRECTORY));
        Name = $"kernel-tests-{Sys.GetPid()}";
        Check.Ok(Sys.MkdirAt(_root, Z(Name), 0x1ED));
        Fd = Check.Value(Sys.Open(_root, Z(Name), Native.O_RDONLY | Native.O_DIRECTORY));
        Check.Ok(Sys.StatFs(Fd, out var magic));
        Check.Equal(Native.CGROUP2_SUPER_MAGIC, magic);
    }

    public string Name { get; }

    public int Fd { get; }

    public void Dispose()
    {
        // The last process may still be on its way out.
        for (var i = 0; i < 200 && Sys.UnlinkAt(_root, Z(Name), Native.AT_REMOVEDIR) == Errno.EBUSY; i++)
        {
            Sys.Nanosleep(10_000_000);
        }
    }
}
