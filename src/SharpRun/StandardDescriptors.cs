using System;
using System.Collections;
using System.Text;
using SharpRun.Linux;

namespace SharpRun;

/// <summary>What the caller left open or closed (R12).</summary>
static class StandardDescriptors
{
    /// <summary>Descriptors 0 to 2 exist and are the caller's or the null device; all others are closed by an execve.</summary>
    public static void Secure(string[] argv)
    {
        var isTaken = false;
        for (var fd = 0; fd <= 2; fd++)
        {
            var flags = Sys.Fcntl(fd, Native.F_GETFD, 0);
            if (!flags.Ok)
            {
                OpenNullDevice(fd);
            }
            else if ((flags.Value & Native.FD_CLOEXEC) != 0)
            {
                // No caller can hand on such a descriptor: the number was free, and the .NET runtime has put a file of its own there.
                isTaken = true;
            }
        }
        if (isTaken)
        {
            StartAgain(argv);
        }
        Sys.CloseRange(3, uint.MaxValue, Native.CLOSE_RANGE_CLOEXEC).OrThrow("mark the inherited descriptors");
    }

    // The lowest free number is the one that is missing, as those below exist. The container inherits it, so not close-on-exec.
    private static void OpenNullDevice(int fd)
    {
        var opened = Sys.Open(Native.AT_FDCWD, "/dev/null"u8, Native.O_RDWR).OrThrow("open /dev/null in place of a closed standard descriptor");
        if (opened != fd)
        {
            Sys.Close(opened);
            return;
        }
        Sys.Fcntl(fd, Native.F_SETFD, 0).Error.OrThrow("keep /dev/null open");
    }

    // The runtime goes on using its file by number, so the number cannot be given to the null device under it. A new start with the
    // numbers filled puts everything in its place. Rare: it needs a caller that closes its standard descriptors.
    private static void StartAgain(string[] argv)
    {
        for (var fd = 0; fd <= 2; fd++)
        {
            var flags = Sys.Fcntl(fd, Native.F_GETFD, 0);
            if (flags.Ok && (flags.Value & Native.FD_CLOEXEC) != 0)
            {
                var opened = Sys.Open(Native.AT_FDCWD, "/dev/null"u8, Native.O_RDWR).OrThrow("open /dev/null in place of a closed standard descriptor");
                Sys.Dup(opened, fd).OrThrow("put /dev/null in place of a closed standard descriptor");
                Sys.Fcntl(fd, Native.F_SETFD, 0).Error.OrThrow("keep /dev/null open");
            }
        }
        var arguments = Vector(["sharprun", .. argv]);
        arguments.Execute("/proc/self/exe"u8, Vector(Environment())).OrThrow("start again with standard descriptors");
    }

    private static string[] Environment()
    {
#pragma warning disable RS0030 // Our own environment, handed to ourselves.
        var variables = System.Environment.GetEnvironmentVariables();
#pragma warning restore RS0030
        var texts = new string[variables.Count];
        var count = 0;
        foreach (DictionaryEntry variable in variables)
        {
            texts[count++] = $"{variable.Key}={variable.Value}";
        }
        return texts;
    }

    private static StringVector Vector(string[] texts)
    {
        var room = 0;
        foreach (var text in texts)
        {
            room += Encoding.UTF8.GetByteCount(text) + 1;
        }
        var vector = new StringVector(texts.Length, room);
        foreach (var text in texts)
        {
            vector.TryAdd(Encoding.UTF8.GetBytes(text));
        }
        return vector;
    }
}
