using System.Text;
using SharpRun.Linux;

namespace SharpRun.Net.Links;

/// <summary>Settings below /proc/sys/net, of the network namespace in which the thread is.</summary>
static class Sysctl
{
    /// <summary>Name: with slashes, because an interface's name may have dots. Where it cannot be written (a read-only /proc/sys) but says the value already,
    /// all is well.</summary>
    public static void SetOrThrow(string name, string value)
    {
        var error = Set(name, value);
        if (NetCheck.SettingIsMade.Fails(error != Errno.OK && !Is(name, value)))
        {
            error.Throw($"set {name} to {value}");
        }
    }

    public static Errno Set(string name, string value)
    {
        var opened = Sys.Open(Native.AT_FDCWD, PathOf(name), Native.O_WRONLY);
        if (!opened.Ok)
        {
            return opened.Error;
        }
        var error = Sys.Write(opened.Value, Encoding.ASCII.GetBytes(value)).Error;
        Sys.Close(opened.Value);
        return error;
    }

    public static bool Is(string name, string value)
    {
        var buffer = new byte[64];
        var length = ProcFiles.Read(PathOf(name), buffer);
        return length > 0 && Encoding.ASCII.GetString(buffer, 0, length).TrimEnd('\n') == value;
    }

    private static byte[] PathOf(string name) => ZeroTerminated.Of($"/proc/sys/net/{name}");
}
