using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text.RegularExpressions;

namespace SharpRun.Seccomp.Tests;

/// <summary>
/// What libseccomp says that a filter means (seccomp_export_pfc): nested ifs, which go on with the next statement when none of their actions is
/// met. Its BPF is made of the same tree, but 2.5.4 shares parts of it between places where different words are loaded, and so has programs
/// that answer otherwise: allow [4 == 300000000] and allow [3 >= ffffffff and 4 != 0] do not allow (.., 1ffffffff, 300000001, ..).
/// </summary>
sealed partial class PseudoCode
{
    private sealed record Statement(string Condition, int Offset, uint Mask, string Comparison, uint Value, List<Statement> Then, List<Statement> Else, uint? Action);

    private readonly Dictionary<string, List<Statement>> _architectures = [];

    public PseudoCode(string text)
    {
        var lines = text.Split('\n');
        string architecture = "";
        for (var i = 0; i < lines.Length; i++)
        {
            if (Header().Match(lines[i]) is { Success: true } header)
            {
                architecture = header.Groups[1].Value;
            }
            else if (lines[i].StartsWith("if ($arch", StringComparison.Ordinal))
            {
                i++;
                _architectures[architecture] = Block(lines, ref i, 2);
                i--;
            }
        }
    }

    /// <summary>The bad architecture's answer is always that of libseccomp: kill the thread.</summary>
    public uint Run(CallData data)
    {
        var isX32 = data.Number >= 0x40000000;
        var name = data.Architecture switch
        {
            0xC000003E => isX32 && (data.Number != uint.MaxValue || _architectures.ContainsKey("x32")) ? "x32" : "x86_64",
            0x40000003 => "x86",
            0xC00000B7 => "aarch64",
            _ => "",
        };
        return _architectures.TryGetValue(name, out var block) ? Run(block, data)!.Value : 0;
    }

    private static uint? Run(List<Statement> block, CallData data)
    {
        foreach (var statement in block)
        {
            if (statement.Action is { } action)
            {
                return action;
            }
            var word = data.Word(statement.Offset) & statement.Mask;
            var isTrue = statement.Comparison switch { "==" => word == statement.Value, ">" => word > statement.Value, _ => word >= statement.Value };
            if (Run(isTrue ? statement.Then : statement.Else, data) is { } answer)
            {
                return answer;
            }
        }
        return null;
    }

    private static List<Statement> Block(string[] lines, ref int at, int depth)
    {
        var block = new List<Statement>();
        while (at < lines.Length)
        {
            var line = lines[at].TrimStart(' ');
            var found = lines[at].Length - line.Length;
            if (line.StartsWith('#') && found >= depth)
            {
                at++;
            }
            else if (found != depth || line.StartsWith('#') || line == "else" || line.Length == 0)
            {
                break;
            }
            else if (line.StartsWith("action ", StringComparison.Ordinal))
            {
                block.Add(new Statement("", 0, 0, "", 0, [], [], ActionOf(line["action ".Length..].TrimEnd(';'))));
                at++;
            }
            else
            {
                var match = Test().Match(line);
                var offset = match.Groups["argument"].Success
                    ? 16 + (8 * int.Parse(match.Groups["argument"].Value, null)) + (match.Groups["half"].Value == ".hi32" ? 4 : 0)
                    : 0;
                var mask = match.Groups["mask"].Success ? uint.Parse(match.Groups["mask"].Value, NumberStyles.HexNumber, null) : uint.MaxValue;
                at++;
                var then = Block(lines, ref at, depth + 2);
                List<Statement> otherwise = [];
                if (at < lines.Length && lines[at] == new string(' ', depth) + "else")
                {
                    at++;
                    otherwise = Block(lines, ref at, depth + 2);
                }
                block.Add(new Statement(line, offset, mask, match.Groups["comparison"].Value, uint.Parse(match.Groups["value"].Value, null), then, otherwise, null));
            }
        }
        return block;
    }

    private static uint ActionOf(string word)
    {
        var open = word.IndexOf('(', StringComparison.Ordinal);
        var number = open < 0 ? 0 : uint.Parse(word[(open + 1)..^1], null);
        return (open < 0 ? word : word[..open]) switch
        {
            "KILL_PROCESS" => 0x80000000,
            "KILL" => 0,
            "TRAP" => 0x30000,
            "ERRNO" => 0x50000 | number,
            "TRACE" => 0x7ff00000 | number,
            "LOG" => 0x7ffc0000,
            "NOTIFY" => 0x7fc00000,
            "ALLOW" => 0x7fff0000,
            _ => throw new FormatException(word),
        };
    }

    [GeneratedRegex(@"^# filter for arch (\w+)")]
    private static partial Regex Header();

    [GeneratedRegex(@"^if \(\$(?:syscall|a(?<argument>\d)(?<half>\.hi32|\.lo32)?)(?: & 0x(?<mask>[0-9a-f]+))? (?<comparison>==|>=|>) (?<value>\d+)\)$")]
    private static partial Regex Test();
}
