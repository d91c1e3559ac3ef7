using System;
using System.Collections.Generic;
using System.Globalization;
using SharpRun.Linux;
using static SharpRun.KernelTests.Text;

namespace SharpRun.KernelTests;

static class FileTests
{
    public static readonly Test[] All =
    [
        new("statx says what stat(1) says", StatMatches, Native.CLONE_NEWNS),
        new("statx gives the mount id of fdinfo", StatMountId, Native.CLONE_NEWNS),
        new("mknod keeps large device numbers", DeviceNumbers, Native.CLONE_NEWNS),
        new("names: link, symlink, rename, unlink", Names, Native.CLONE_NEWNS),
        new("owner and mode are changed by descriptor", OwnerAndMode, Native.CLONE_NEWNS),
        new("faccessat2 asks with the effective ids", Access, Native.CLONE_NEWNS),
        new("getdents lists a directory over many reads", Directories, Native.CLONE_NEWNS),
        new("a file is read whole or refused, never waited for", ReadWhole, Native.CLONE_NEWNS),
        new("start time and state survive a hostile process name", StartTime),
        new("getcwd shows a directory outside of the root", UnreachableDirectory, Native.CLONE_NEWNS),
        new("a write to a pipe without reader gives EPIPE", BrokenPipe),
        new("write, read and truncate at an offset", Offsets, Native.CLONE_NEWNS),
    ];

    private static void StatMatches()
    {
        var root = Scratch.MakeDirectory("d");
        Scratch.WriteFile(root, "file", "twelve bytes", 0x1A0);
        Check.Ok(Sys.FchownAt(root, Z("file"), 12, 34, 0));
        Check.Ok(Sys.LinkAt(root, Z("file"), root, Z("again"), 0));
        Check.Ok(Sys.SymlinkAt("nowhere"u8, root, Z("link")));
        Check.Ok(Sys.MknodAt(root, "fifo"u8, Native.S_IFIFO | 0x180, 0, 0));
        foreach (var path in new[] { "d", "d/file", "d/link", "d/fifo", "/dev/null" })
        {
            var full = path[0] == '/' ? path : $"{Scratch.Path}/{path}";
            Check.Ok(Sys.Stat(Native.AT_FDCWD, Z(full), Native.AT_SYMLINK_NOFOLLOW, out var s));
            var text = string.Create(CultureInfo.InvariantCulture,
                $"{s.Mode:x} {s.Uid} {s.Gid} {s.Size} {s.Ino} {s.Nlink} {s.RdevMajor:x} {s.RdevMinor:x} {s.DevMajor << 8 | s.DevMinor:x}");
            var (status, output) = Command.Run("/usr/bin/stat", ["-c", "%f %u %g %s %i %h %t %T %D", full]);
            Check.Equal(0, status);
            Check.Equal(output.TrimEnd(), text);
        }
        Check.Ok(Sys.Stat(root, "fifo"u8, 0, out var fifo));
        Check.True(fifo.IsFifo && !fifo.IsRegular && !fifo.IsDirectory);
        Check.Ok(Sys.Stat(root, default, Native.AT_EMPTY_PATH, out var directory), "stat of the descriptor itself");
        Check.True(directory.IsDirectory);
        Check.Fails(Errno.ENOENT, Sys.Stat(root, "missing"u8, 0, out _));
    }

    private static void StatMountId()
    {
        var root = Scratch.Open();
        Check.Ok(Sys.Stat(root, ""u8, Native.AT_EMPTY_PATH, out var status));
        if (status.MountId == 0)
        {
            throw new Skip("STATX_MNT_ID (kernel 5.8)");
        }
        Check.Contains($"mnt_id:\t{status.MountId}\n", Scratch.ReadFile($"/proc/self/fdinfo/{root}"));
    }

    private static void DeviceNumbers()
    {
        var root = Scratch.Open();
        (uint Major, uint Minor)[] numbers = [(1, 3), (259, 1048575), (4095, 256), (0, 0), (8, 65536)];
        foreach (var (major, minor) in numbers)
        {
            var error = Sys.MknodAt(root, "node"u8, Native.S_IFCHR | 0x1B6, major, minor);
            if (error == Errno.EPERM)
            {
                throw new Skip("making devices");
            }
            Check.Ok(error);
            Check.Ok(Sys.Stat(root, "node"u8, 0, out var status));
            Check.True(status.IsCharDevice);
            Check.Equal((major, minor), (status.RdevMajor, status.RdevMinor));
            Check.Ok(Sys.UnlinkAt(root, "node"u8, 0));
        }
    }

    private static void Names()
    {
        var root = Scratch.Open();
        Scratch.WriteFile(root, "a", "A");
        Scratch.WriteFile(root, "b", "B");
        Check.Fails(Errno.EEXIST, Sys.RenameAt(root, "a"u8, root, "b"u8, Native.RENAME_NOREPLACE));
        Check.Ok(Sys.RenameAt(root, "a"u8, root, "b"u8));
        Check.Equal("A", Scratch.ReadFile($"{Scratch.Path}/b"));
        Check.Ok(Sys.SymlinkAt("some/target"u8, root, "link"u8));
        Span<byte> target = stackalloc byte[64];
        var length = Check.Value(Sys.ReadLinkAt(root, "link"u8, target));
        Check.Equal("some/target", Of(target[..length]));
        Check.Fails(Errno.ELOOP, Sys.Open(root, "link"u8, Native.O_RDONLY | Native.O_NOFOLLOW));
        Check.Ok(Sys.MkdirAt(root, "dir"u8, 0x1ED));
        Check.Fails(Errno.EISDIR, Sys.UnlinkAt(root, "dir"u8, 0));
        Check.Ok(Sys.UnlinkAt(root, "dir"u8, Native.AT_REMOVEDIR));
        Check.Fails(Errno.ENOENT, Sys.UnlinkAt(root, "dir"u8, Native.AT_REMOVEDIR));
    }

    private static void OwnerAndMode()
    {
        var root = Scratch.Open();
        Scratch.WriteFile(root, "file", "");
        var node = Check.Value(Sys.Open(root, "file"u8, Native.O_PATH | Native.O_NOFOLLOW));
        Check.Ok(Sys.FchownAt(node, ""u8, 5, uint.MaxValue, Native.AT_EMPTY_PATH));
        Check.Ok(Sys.FchmodAt(root, "file"u8, 0x1C1, 0));
        Check.Ok(Sys.Stat(root, "file"u8, 0, out var status));
        Check.Equal((5u, 0u, Native.S_IFREG | 0x1C1), (status.Uid, status.Gid, status.Mode));
        var error = Sys.FchmodAt(node, ""u8, 0x124, Native.AT_EMPTY_PATH);
        if (error == Errno.ENOSYS)
        {
            throw new Skip("fchmodat2 (kernel 6.6)");
        }
        Check.Ok(error);
        Check.Ok(Sys.Stat(root, "file"u8, 0, out status));
        Check.Equal(Native.S_IFREG | 0x124, status.Mode);
    }

    private static void Access()
    {
        var root = Scratch.Open();
        Scratch.WriteFile(root, "secret", "", 0x180);
        Scratch.WriteFile(root, "program", "", 0x1ED);
        Check.Ok(Sys.FaccessAt(root, "secret"u8, Native.R_OK, Native.AT_EACCESS));
        Check.Ok(Sys.SetResGid(65534));
        Check.Ok(Sys.SetResUid(65534));
        Check.Fails(Errno.EACCES, Sys.FaccessAt(root, "secret"u8, Native.R_OK, Native.AT_EACCESS));
        Check.Ok(Sys.FaccessAt(root, "program"u8, Native.X_OK, Native.AT_EACCESS));
        Check.Fails(Errno.ENOENT, Sys.FaccessAt(root, "missing"u8, Native.F_OK, 0));
    }

    private static void Directories()
    {
        var root = Scratch.MakeDirectory("many");
        for (var i = 0; i < 300; i++)
        {
            Scratch.WriteFile(root, $"a-rather-long-name-{i}", "");
        }
        Check.Ok(Sys.MkdirAt(root, "sub"u8, 0x1ED));
        var fd = Check.Value(Sys.Open(root, "."u8, Native.O_RDONLY | Native.O_DIRECTORY));
        var names = new HashSet<string>();
        var buffer = new byte[1024];
        var reads = 0;
        while (Check.Value(Sys.GetDents(fd, buffer)) is > 0 and var length)
        {
            reads++;
            var records = new DirectoryRecords(buffer.AsSpan(0, length));
            while (records.MoveNext())
            {
                Check.True(names.Add(Of(records.Current)));
                Check.Equal(Of(records.Current) == "sub" ? Native.DT_DIR : Native.DT_REG, records.CurrentType, "the record's type");
            }
        }
        Check.True(reads > 5, "the buffer held everything");
        Check.Equal(301, names.Count, "names");
        Check.True(names.Contains("a-rather-long-name-299") && !names.Contains("."));
    }

    private static void ReadWhole()
    {
        var root = Scratch.Open();
        Scratch.WriteFile(root, "file", new string('x', 10000));
        Check.Ok(ProcFiles.ReadWhole(root, "file"u8, 10000, out var bytes));
        Check.Equal(10000, bytes.Length);
        Check.Fails(Errno.EFBIG, ProcFiles.ReadWhole(root, "file"u8, 9999, out _));
        Scratch.WriteFile(root, "empty", "");
        Check.Ok(ProcFiles.ReadWhole(root, "empty"u8, 10, out bytes));
        Check.Equal(0, bytes.Length);
        Check.Ok(Sys.MknodAt(root, "fifo"u8, Native.S_IFIFO | 0x1A4, 0, 0));
        Check.Fails(Errno.EINVAL, ProcFiles.ReadWhole(root, "fifo"u8, 10, out _));
        Check.Fails(Errno.EINVAL, ProcFiles.ReadWhole(Native.AT_FDCWD, "/dev/zero"u8, 10, out _));
        Check.Fails(Errno.EISDIR, ProcFiles.ReadWhole(Native.AT_FDCWD, "/proc"u8, 10, out _));
        Check.Fails(Errno.ENOENT, ProcFiles.ReadWhole(root, "missing"u8, 10, out _));
        // Files of /proc say that they are empty.
        Check.Ok(ProcFiles.ReadWhole(Native.AT_FDCWD, "/proc/self/smaps"u8, 1 << 22, out bytes));
        Check.True(bytes.Length > 4096, $"smaps has {bytes.Length} bytes");
        Check.Fails(Errno.EFBIG, ProcFiles.ReadWhole(Native.AT_FDCWD, "/proc/self/smaps"u8, 4096, out _));
        Check.Fails(Errno.EFBIG, ProcFiles.ReadWhole(Native.AT_FDCWD, "/proc/self/smaps"u8, 100, out _));
        Span<byte> few = stackalloc byte[4];
        Check.Equal(4, ProcFiles.Read("/proc/self/status"u8, few));
        Check.Equal("Name", Of(few));
        Check.Equal(-1, ProcFiles.Read("/proc/self/missing"u8, few));
    }

    private static void StartTime()
    {
        var before = ProcFiles.StartTime(Sys.GetPid());
        var fields = Scratch.ReadFile("/proc/self/stat").Split(' ');
        Check.Equal(ulong.Parse(fields[21], CultureInfo.InvariantCulture), before, "field 22");
        unsafe
        {
            fixed (byte* name = "a) Z 1 (2 3 4"u8)
            {
                Check.Ok(Sys.Prctl(Native.PR_SET_NAME, (nuint)name).Error);
            }
        }
        Check.Equal(before, ProcFiles.StartTime(Sys.GetPid()), "with another name");
        Check.Equal('R', ProcFiles.State(Sys.GetPid()));
        Check.Equal('\0', ProcFiles.State(int.MaxValue));
        Check.Equal(0ul, ProcFiles.StartTime(int.MaxValue));
    }

    private static void UnreachableDirectory()
    {
        Check.Ok(Sys.Chdir(Z(Scratch.Path)));
        var path = new byte[4096];
        var length = Check.Value(Sys.GetCwd(path));
        Check.Equal(Scratch.Path, Of(path));
        Check.Equal(Scratch.Path.Length + 1, length, "the length with its zero");
        Scratch.MakeDirectory("jail");
        Check.Ok(Sys.Chroot(Z($"{Scratch.Path}/jail")));
        Check.Value(Sys.GetCwd(path));
        Check.True(Of(path).StartsWith("(unreachable)/", StringComparison.Ordinal), Of(path));
        Check.Fails(Errno.ERANGE, Sys.GetCwd(path.AsSpan(0, 3)));
    }

    private static void BrokenPipe()
    {
        Check.Ok(Sys.Pipe(out var read, out var write));
        Check.Ok(Sys.WriteAll(write, "abc"u8));
        Span<byte> buffer = stackalloc byte[8];
        Check.Equal(3, Check.Value(Sys.Read(read, buffer)));
        Check.Ok(Sys.Close(read));
        Check.Fails(Errno.EPIPE, Sys.Write(write, "x"u8));
        Check.Fails(Errno.EPIPE, Sys.WriteAll(write, "x"u8));
        Check.Fails(Errno.EBADF, Sys.Close(read));
    }

    private static void Offsets()
    {
        var fd = Check.Value(Sys.Open(Scratch.Open(), "file"u8, Native.O_RDWR | Native.O_CREAT | Native.O_EXCL, 0x180));
        Check.Equal(Native.FD_CLOEXEC, Check.Value(Sys.Fcntl(fd, Native.F_GETFD)));
        Check.Ok(Sys.WriteAll(fd, "0123456789"u8));
        Check.Ok(Sys.Ftruncate(fd, 8));
        Span<byte> buffer = stackalloc byte[16];
        Check.Equal(5, Check.Value(Sys.PRead(fd, buffer, 3)));
        Check.Equal("34567", Of(buffer[..5]));
        Check.Equal(2, Check.Value(Sys.Seek(fd, 2, Native.SEEK_SET)));
        Check.Equal(6, Check.Value(Sys.Read(fd, buffer)));
        Check.Equal(0, Check.Value(Sys.Read(fd, buffer)));
        Check.Ok(Sys.Fsync(fd));
        var start = Sys.MapShared(fd, 8);
        Check.True(start != 0);
        unsafe
        {
            ((byte*)start)[0] = (byte)'x';
        }
        Check.Equal(8, Check.Value(Sys.PRead(fd, buffer, 0)));
        Check.Equal("x1234567", Of(buffer[..8]));
        Check.Ok(Sys.Unmap(start, 8));
    }
}
