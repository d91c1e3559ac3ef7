using System;
using System.Globalization;
using System.Text;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.Cgroups;

/// <summary>Tells when the kernel's OOM killer is at work in a container: on v1 an eventfd that memory.oom_control raises (kernel,
/// cgroup-v1/memory.rst, "OOM Control"), on v2 memory.events, which poll(2) shows to have changed.</summary>
sealed class OomWatch
{
    private readonly bool _isV2;

    // memory.oom_control of v1, for as long as we watch.
    private readonly int _control;
    private ulong _seen;

    private OomWatch(int fd, bool isV2, int control = -1)
    {
        (Fd, _isV2, _control) = (fd, isV2, control);
        _seen = isV2 ? Kills() : 0;
    }

    /// <summary>For poll(2), with <see cref="Events"/>; -1 when nothing can be seen: there is no memory controller, or the group is gone.</summary>
    public int Fd { get; private set; }

    public short Events => _isV2 ? Native.POLLPRI : Native.POLLIN;

    public static OomWatch Open(CgroupPlan groups)
    {
        if (groups.Layout == CgroupLayout.V2)
        {
            var file = Sys.Open(Native.AT_FDCWD, new CString(groups.Directories[0].FullPath + "/memory.events"), Native.O_RDONLY);
            return new OomWatch(file.Ok ? file.Value : -1, isV2: true);
        }
        foreach (var directory in groups.Directories)
        {
            if (directory.Has("memory"))
            {
                return OfV1(directory.FullPath);
            }
        }
        return new OomWatch(-1, isV2: false);
    }

    /// <summary>How many since the last look; does not wait.</summary>
    public ulong Take()
    {
        if (Fd < 0)
        {
            return 0;
        }
        if (_isV2)
        {
            var before = _seen;
            _seen = Kills();
            return _seen > before ? _seen - before : 0;
        }
        // The removal of the group raises it too. Then the file cannot be read any more (ENODEV).
        Span<byte> count = stackalloc byte[8], text = stackalloc byte[1];
        return Sys.Read(Fd, count).Ok && Sys.PRead(_control, text, 0).Ok ? BitConverter.ToUInt64(count) : 0;
    }

    private static OomWatch OfV1(string directory)
    {
        var control = Sys.Open(Native.AT_FDCWD, new CString(directory + "/memory.oom_control"), Native.O_RDONLY);
        if (!control.Ok)
        {
            return new OomWatch(-1, isV2: false);
        }
        var raised = Sys.EventFd().OrThrow("make an eventfd");
        var pair = string.Create(CultureInfo.InvariantCulture, $"{raised} {control.Value}");
        CgroupFile.Write(Native.AT_FDCWD, directory + "/cgroup.event_control", Encoding.UTF8.GetBytes(pair))
            .OrThrow($"cgroup: write {directory}/cgroup.event_control");
        return new OomWatch(raised, isV2: false, control.Value);
    }

    // Reading from the start is also what ends the "changed" of poll(2).
    private ulong Kills()
    {
        Span<byte> text = stackalloc byte[512];
        var read = Fd < 0 ? Result.Of(0) : Sys.PRead(Fd, text, 0);
        if (!read.Ok)
        {
            Sys.Close(Fd);
            Fd = -1;
            return _seen;
        }
        return OomKills.In(Encoding.UTF8.GetString(text[..read.Value]));
    }
}
