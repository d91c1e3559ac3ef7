using System.Collections.Generic;
using System.Diagnostics;
using System.IO;

namespace SharpRun.RandomBundles;

/// <summary>A program called with its output in files: a container inherits them, and a pipe would not end before the container does.</summary>
static class Call
{
    private const int Patience = 15_000;

    /// <summary>The exit status, 128+n for a signal; -1 when it did not end in 15 seconds and was killed.</summary>
    public static int Of(string output, string program, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("/bin/busybox");
        foreach (var word in (IEnumerable<string>)["sh", "-c", output == "/dev/null"
            ? "exec \"$@\" >$0 2>&1 </dev/null" : "exec \"$@\" >\"$0.out\" 2>\"$0.err\" </dev/null", output, program, .. arguments])
        {
            start.ArgumentList.Add(word);
        }
        using var process = Process.Start(start)!;
        if (process.WaitForExit(Patience))
        {
            return process.ExitCode;
        }
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
        return -1;
    }

    public static string Output(string output) => Read(output + ".out");

    public static string Error(string output) => Read(output + ".err");

    /// <summary>"" when there is no such file, or it cannot be read.</summary>
    public static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return "";
        }
        catch (System.UnauthorizedAccessException)
        {
            return "";
        }
    }
}
