using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using SharpRun.Oci;

namespace SharpRun.Image.Bundle;

/// <summary>process.user, as USER or -u say it: "name", "uid", "name:group", "uid:gid" and so on, looked up in the image's own /etc/passwd and
/// /etc/group. Digits are always an id and never a name (CVE-2016-3697), and only one that a process can have (R21: 4294967296 is not 0).
/// Home is null when the file does not say.</summary>
sealed record ImageUser(uint Uid, uint Gid, IReadOnlyList<uint> Groups, string? Home)
{
    /// <summary>Groups of one user; the kernel takes 65536 (NGROUPS_MAX).</summary>
    private const int MaxGroups = 65536;

    /// <summary>Root is null when nothing is unpacked yet: then only ids are understood. Empty means root.</summary>
    public static ImageUser Of(string user, ImageRoot? root, string rootPath)
    {
        var words = user.Split(':');
        if (words.Length > 2)
        {
            throw Bad(user, "at most one colon is expected: USER or USER:GROUP");
        }
        var (name, group) = (words[0].Length == 0 ? "0" : words[0], words.Length == 2 && words[1].Length > 0 ? words[1] : null);
        var line = PasswdLine(root, name);
        var isNumber = IsNumber(name);
        if (line is null && !isNumber)
        {
            throw Bad(user, root is null ? $"a name needs the image's /etc/passwd, but there is no root file system at {rootPath}" : $"\"{name}\" is not in the image's /etc/passwd");
        }
        var uid = Id(isNumber ? name : line![2], user);
        var gid = group is not null ? GroupId(root, group, user, rootPath) : line is not null ? Id(line[3], user) : 0;
        var home = line is { Length: > 5 } && line[5].StartsWith('/') && !line[5].Any(char.IsControl) ? line[5] : null;
        // As docker has it: without the group among its own others, a setgid program could shake off what the group must not do (CVE-2022-36109).
        List<uint> groups = [gid, .. group is null && line is not null ? GroupsOf(root, line[0], user).Where(other => other != gid) : []];
        return new ImageUser(uid, gid, groups, home);
    }

    // name:password:uid:gid:comment:home:shell
    private static string[]? PasswdLine(ImageRoot? root, string name)
    {
        var field = IsNumber(name) ? 2 : 0;
        return Lines(root, "/etc/passwd").FirstOrDefault(line => line.Length > 3 && line[field] == name);
    }

    // name:password:gid:members
    private static uint GroupId(ImageRoot? root, string group, string user, string rootPath)
    {
        if (IsNumber(group))
        {
            return Id(group, user);
        }
        var line = Lines(root, "/etc/group").FirstOrDefault(line => line.Length > 2 && line[0] == group);
        return line is not null ? Id(line[2], user)
            : throw Bad(user, root is null ? $"a name needs the image's /etc/group, but there is no root file system at {rootPath}" : $"\"{group}\" is not in the image's /etc/group");
    }

    private static List<uint> GroupsOf(ImageRoot? root, string name, string user)
    {
        var groups = Lines(root, "/etc/group").Where(line => line.Length > 3 && line[3].Split(',').Contains(name)).Select(line => Id(line[2], user)).Distinct().ToList();
        return groups.Count < MaxGroups ? groups : throw Bad(user, $"{groups.Count} groups are more than a process can have");
    }

    private static IEnumerable<string[]> Lines(ImageRoot? root, string file) =>
        (root?.TryRead(file) ?? "").Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(line => line.TrimEnd('\r').Split(':'));

    private static bool IsNumber(string word) => word.All(char.IsAsciiDigit);

    // 4294967295 is (uid_t)-1, "leave it as it is".
    private static uint Id(string text, string user) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id != uint.MaxValue ? id : throw Bad(user, $"\"{text}\" is no id from 0 to {uint.MaxValue - 1}");

    private static ImageError Bad(string user, string problem) => new($"user \"{user}\": {problem}");
}
