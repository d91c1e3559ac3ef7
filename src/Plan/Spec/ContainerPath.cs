using System;
using System.Collections.Generic;

namespace SharpRun.Planning;

/// <summary>Paths inside the container, as text. What the text says is checked here; where links of the image lead is for openat2.</summary>
public static class ContainerPath
{
    /// <summary>Absolute, without ".", ".." and doubled slashes: "proc/../proc//x" is "/proc/x". Above the root there is only the root.</summary>
    public static string Clean(string path)
    {
        var parts = new List<string>();
        foreach (var part in path.Split('/'))
        {
            if (part == "..")
            {
                parts.RemoveRange(Math.Max(0, parts.Count - 1), Math.Min(1, parts.Count));
            }
            else if (part is not ("" or "."))
            {
                parts.Add(part);
            }
        }
        return "/" + string.Join('/', parts);
    }

    public static bool HasParentStep(string path)
    {
        foreach (var part in path.AsSpan().Split('/'))
        {
            if (path.AsSpan()[part] is "..")
            {
                return true;
            }
        }
        return false;
    }
}
