using System;
using System.Text;
using SharpRun.Linux;

namespace SharpRun.CommandLine;

/// <summary>A path of the command line, made absolute against the working directory. ".." stays: behind a symbolic link it is not the word before.</summary>
public static class AbsolutePath
{
    public static string Of(string path) => Clean(path.StartsWith('/') ? path : WorkingDirectory() + "/" + path);

    public static string? OfOptional(string? path) => path is { Length: > 0 } ? Of(path) : null;

    public static string WorkingDirectory()
    {
        Span<byte> path = stackalloc byte[4096];
        var length = Sys.GetCwd(path).OrThrow("find the working directory");
        var text = Encoding.UTF8.GetString(path[..length].TrimEnd((byte)0));
        // The kernel says "(unreachable)" of a directory outside of our root.
        return text.StartsWith('/') ? text : throw new UsageError($"the working directory has no path: {text}");
    }

    // Empty and "." components go; most paths have none and stay as they are.
    private static string Clean(string path)
    {
        if (!path.Contains("//", StringComparison.Ordinal) && !path.Contains("/.", StringComparison.Ordinal) && !path.EndsWith('/'))
        {
            return path;
        }
        var clean = new StringBuilder(path.Length);
        foreach (var range in path.AsSpan().Split('/'))
        {
            var part = path.AsSpan()[range];
            if (part.Length > 0 && part is not ".")
            {
                clean.Append('/').Append(part);
            }
        }
        return clean.Length == 0 ? "/" : clean.ToString();
    }
}
