using System;

namespace SharpRun.Planning;

/// <summary>Names of kernel parameters, as sysctl(8) writes them: "net.ipv4.ip_forward" or "net/ipv4/conf/eth0.100/forwarding".</summary>
public static class SysctlKey
{
    /// <summary>Below /proc: "sys/net/ipv4/ip_forward". The separator that comes first is the one meant; the other one belongs to a name,
    /// and stands there as the other.</summary>
    public static string PathOf(string key) => "sys/" + (IsDotted(key) ? Swapped(key) : key);

    /// <summary>With dots between the parts, for comparing.</summary>
    public static string Dotted(string key) => IsDotted(key) ? key : Swapped(key);

    /// <summary>R32: nothing but names and separators, no part empty or "..".</summary>
    public static bool IsValid(string key)
    {
        foreach (var c in key)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-' or '.' or '/'))
            {
                return false;
            }
        }
        foreach (var part in PathOf(key).Split('/'))
        {
            if (part is "" or "." or "..")
            {
                return false;
            }
        }
        return true;
    }

    private static bool IsDotted(string key)
    {
        var first = key.AsSpan().IndexOfAny('.', '/');
        return first >= 0 && key[first] == '.';
    }

    private static string Swapped(string key) =>
        string.Create(key.Length, key, (text, from) =>
        {
            for (var i = 0; i < text.Length; i++)
            {
                text[i] = from[i] switch { '.' => '/', '/' => '.', var c => c };
            }
        });
}
