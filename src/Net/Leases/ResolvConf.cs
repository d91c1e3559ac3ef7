using System;
using System.Collections.Generic;
using System.Text;
using SharpRun.Cni;
using SharpRun.Linux;

namespace SharpRun.Net.Leases;

/// <summary>A file in the form of resolv.conf(5), as the "dns" of a result.</summary>
static class ResolvConf
{
    private const int MaxLength = 1 << 20;

    public static ResultDns Read(string path)
    {
        ProcFiles.ReadWhole(Native.AT_FDCWD, ZeroTerminated.Of(path), MaxLength, out var bytes).OrThrow($"read the resolvConf {path}");
        return Parse(Encoding.UTF8.GetString(bytes));
    }

    public static ResultDns Parse(string text)
    {
        List<string> servers = [], search = [], options = [];
        string? domain = null;
        foreach (var line in text.Split('\n'))
        {
            var words = line.Split((char[])[' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 2 || words[0][0] is '#' or ';')
            {
                continue;
            }
            switch (words[0])
            {
                case "nameserver":
                    servers.Add(words[1]);
                    break;
                case "domain":
                    domain = words[1];
                    break;
                case "search":
                    search.AddRange(words[1..]);
                    break;
                case "options":
                    options.AddRange(words[1..]);
                    break;
                default:
                    break;
            }
        }
        return new ResultDns { Nameservers = servers, Domain = domain, Search = search, Options = options };
    }
}
