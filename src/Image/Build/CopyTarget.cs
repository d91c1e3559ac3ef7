using System;
using SharpRun.Oci;
using SharpRun.Oci.Dockerfiles;

namespace SharpRun.Image.Build;

/// <summary>Where COPY and ADD copy to: an absolute, clean path in the image, and whether the word says that it is a directory.</summary>
readonly record struct CopyTarget(string Path, bool IsDirectory)
{
    public static CopyTarget Of(string word, string workingDirectory)
    {
        if (word.Length == 0)
        {
            throw new ImageError("the destination is empty");
        }
        var isDirectory = word is "." or ".." || word.EndsWith('/') || word.EndsWith("/.", StringComparison.Ordinal)
            || word.EndsWith("/..", StringComparison.Ordinal);
        return new CopyTarget("/" + PathPattern.Clean(word[0] == '/' ? word : $"{workingDirectory}/{word}"), isDirectory);
    }

    /// <summary>Several sources need a directory.</summary>
    public void RequireDirectory(string keyword, int sources)
    {
        if (sources > 1 && !IsDirectory)
        {
            throw new ImageError($"{keyword}: with more than one source the destination is a directory and ends with \"/\"");
        }
    }
}
