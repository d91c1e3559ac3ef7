using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Xunit;

namespace SharpRun.Planning.Tests;

/// <summary>Reads the tree itself: the rules of the house that no analyser keeps.</summary>
public sealed class GuardTests
{
    private const int LongestFile = 400, LongestFunction = 60;

    [Fact]
    public void No_file_is_longer_than_400_lines() =>
        Assert.Empty(Sources().Where(file => File.ReadLines(file).Count() > LongestFile));

    [Fact]
    public void No_function_is_longer_than_60_lines()
    {
        var longOnes = new List<string>();
        foreach (var file in Sources())
        {
            var lines = File.ReadAllLines(file);
            for (var i = 1; i < lines.Length; i++)
            {
                // A member's body: a brace at four spaces below a line that ends with a parameter list. (A switch of one line a case is a table.)
                if (lines[i] != "    {" || !lines[i - 1].EndsWith(')'))
                {
                    continue;
                }
                var end = Array.IndexOf(lines, "    }", i);
                if (end - i > LongestFunction)
                {
                    longOnes.Add($"{file}:{i} ({end - i} lines)");
                }
            }
        }
        Assert.Empty(longOnes);
    }

    [Fact]
    public void The_clone_child_takes_no_lock_and_switches_no_rule_off()
    {
        var files = Directory.GetFiles(Path.Combine(Repository.Root, "src", "SharpRun", "Init"), "*.cs");
        Assert.NotEmpty(files);
        Assert.All(files, file => Assert.DoesNotMatch(@"\block\s*\(|#pragma|SuppressMessage|Volatile|Interlocked", File.ReadAllText(file)));
    }

    [Fact]
    public void Every_check_is_made_somewhere()
    {
        var code = string.Concat(Below("src/SharpRun").Concat(Below("src/Plan")).Select(File.ReadAllText));
        Assert.All(Enum.GetNames<Check>(), name => Assert.Contains($"Check.{name}.Fails(", code, StringComparison.Ordinal));
    }

    [Fact]
    public void Unsafe_code_stays_at_the_kernel_edge()
    {
        var elsewhere = Below("src").Except(Below("src/Linux"));
        Assert.Empty(elsewhere.Where(file => Regex.IsMatch(File.ReadAllText(file), @"\bunsafe\b")));
    }

    [Fact]
    public void The_top_level_is_that_of_the_card()
    {
        string[] card = ["src", "tests", "conformance", "spec", "Makefile", "SharpRun.sln", "global.json", "README.md", "LICENSE",
            "Directory.Build.props", "Directory.Packages.props", "BannedSymbols.txt", "out"];
        var names = Directory.GetFileSystemEntries(Repository.Root).Select(path => Path.GetFileName(path)!).Where(name => name[0] != '.');
        Assert.Empty(names.Except(card));
    }

    [Fact]
    public void The_documents_name_every_room_and_every_document()
    {
        var (readme, architecture) = (Text("README.md"), Text("spec/architecture.md"));
        var rooms = Directory.GetFiles(Path.Combine(Repository.Root, "src"), "*.csproj", SearchOption.AllDirectories)
            .Select(path => $"`src/{Path.GetFileName(Path.GetDirectoryName(path))}`").ToList();
        Assert.True(rooms.Count > 10);
        Assert.Empty(rooms.Where(room => !readme.Contains(room, StringComparison.Ordinal)));
        Assert.Empty(rooms.Where(room => !architecture.Contains(room[..^1], StringComparison.Ordinal)));
        var documents = Directory.GetFiles(Path.Combine(Repository.Root, "spec"), "*.md").Select(path => $"(spec/{Path.GetFileName(path)})");
        Assert.Empty(documents.Where(link => !readme.Contains(link, StringComparison.Ordinal)));
    }

    [Fact]
    public void The_pure_room_references_nothing()
    {
        var project = File.ReadAllText(Path.Combine(Repository.Root, "src", "Plan", "Plan.csproj"));
        Assert.DoesNotMatch("ProjectReference|PackageReference", project);
    }

    [Fact]
    public void Every_step_has_a_verb()
    {
        var verbs = File.ReadAllText(Path.Combine(Repository.Root, "src", "SharpRun", "Init", "Verbs.cs"));
        var kinds = typeof(Step).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Step)));
        Assert.Empty(kinds.Where(kind => !Regex.IsMatch(verbs, $@"\b{kind.Name}( \w+)? =>")));
    }

    private static string Text(string file) => File.ReadAllText(Path.Combine(Repository.Root, file));

    private static IEnumerable<string> Sources() => new[] { "src", "tests", "conformance" }.SelectMany(Below);

    private static IEnumerable<string> Below(string folder) =>
        Directory.GetFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories).Where(file => !Regex.IsMatch(file, "/(obj|bin)/"));
}
