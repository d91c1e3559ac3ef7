using System;
using System.IO;
using System.Linq;
using SharpRun.Parent;
using SharpRun.Planning;
using Xunit;

namespace SharpRun.Seccomp.Tests;

/// <summary>Our filter and libseccomp's (behind runc's addition) answer every call in the same way.</summary>
public sealed class ComparisonTests
{
    [Theory]
    [InlineData("docker")]
    [InlineData("podman")]
    [InlineData("podman-without-audit")]
    public void The_managers_profiles_are_what_they_are_under_runc(string name)
    {
        Assert.SkipUnless(LibSeccomp.IsThere, LibSeccomp.Why);
        Assert.Equal("", Difference(Profile.Load(name), 1, out var ownDifferences));
        Assert.Equal(0, ownDifferences);
    }

    [Fact]
    public void Random_profiles_are_what_they_are_under_runc() => Compare(seed => new RandomProfile(seed).OfOneMind(isSimple: true));

    /// <summary>Where rules of different actions fit one call, libseccomp's answer depends on which halves of their values are equal. We ask the most
    /// exact rule first, which is often the same; but a profile that it accepts is never refused.</summary>
    [Fact]
    public void Random_contradictions_are_solved_as_under_runc_where_one_rule_fits()
    {
        Assert.SkipUnless(LibSeccomp.IsThere, LibSeccomp.Why);
        var (same, other, refused) = (0, 0, 0);
        for (var seed = 0; seed < 300; seed++)
        {
            var config = Profile.OfKnownNames(new RandomProfile(seed).OfManyMinds());
            if (Oracle.Of(config) is not { } oracle)
            {
                refused++;
                continue;
            }
            var program = SeccompCompiler.Compile(config, Architecture.X86_64, null);
            var meaning = new Meaning(config);
            foreach (var data in Points.Of(config, new Random(seed)))
            {
                var (want, have) = (oracle.Answer(data), Interpreter.Run(program, data));
                if (want != have && meaning.Answer(data) is not null)
                {
                    Assert.Fail($"profile {seed}: {data}: {want:x} there, {have:x} here\n{Profile.Text(config)}");
                }
                (same, other) = want == have ? (same + 1, other) : (same, other + 1);
            }
        }
        Assert.True(other * 1000 < same, $"{other} of {same + other} answers differ");
        TestContext.Current.SendDiagnosticMessage($"{other} of {same + other} answers differ where rules contradict each other; libseccomp refuses {refused} profiles");
    }

    private static void Compare(Func<int, SeccompConfig> make)
    {
        Assert.SkipUnless(LibSeccomp.IsThere, LibSeccomp.Why);
        var own = 0;
        for (var seed = 0; seed < 300; seed++)
        {
            var config = make(seed);
            if (Difference(config, seed, out var ownDifferences).Length > 0)
            {
                var small = Shrunk(config, seed);
                Assert.Fail($"profile {seed}: {Difference(small, seed)}\n{Profile.Text(small)}");
            }
            own += ownDifferences > 0 ? 1 : 0;
        }
        TestContext.Current.SendDiagnosticMessage($"libseccomp's program and pseudo code differ in {own} of 300 profiles");
    }

    /// <summary>libseccomp 2.5.4 loses rules of several conditions beside others, and its program is not always its pseudo code; so here the
    /// specification is the judge.</summary>
    [Fact]
    public void Random_profiles_mean_what_the_specification_says()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var config = new RandomProfile(seed).OfOneMind();
            var program = SeccompCompiler.Compile(config, Architecture.X86_64, null);
            var meaning = new Meaning(config);
            foreach (var data in Points.Of(config, new Random(seed)))
            {
                var (want, have) = (meaning.Answer(data)!.Value, Interpreter.Run(program, data));
                if (want != have)
                {
                    Assert.Fail($"profile {seed}: {data}: {want:x} wanted, {have:x} found\n{Profile.Text(config)}");
                }
            }
        }
    }

    /// <summary>The same difference with as few rules as can be.</summary>
    private static SeccompConfig Shrunk(SeccompConfig config, int seed)
    {
        for (var i = config.Syscalls.Count - 1; i >= 0; i--)
        {
            var without = config with { Syscalls = [.. config.Syscalls.Take(i), .. config.Syscalls.Skip(i + 1)] };
            config = Difference(without, seed).Length > 0 ? without : config;
        }
        return config;
    }

    [Fact]
    public void Only_young_calls_are_left_out_of_the_comparison()
    {
        Assert.SkipUnless(LibSeccomp.IsThere, LibSeccomp.Why);
        // 446 came with Linux 5.13.
        var others = Enumerable.Range(0, CallTable.Count).Where(call => !LibSeccomp.Agrees(CallTable.Name(call)))
            .Where(call => !Enum.GetValues<Architecture>().Any(architecture => CallTable.Number(call, architecture) is > 446 and < 512));
        Assert.Equal("uprobe uretprobe", string.Join(' ', others.Select(CallTable.Name)));
    }

    internal static string Difference(SeccompConfig config, int seed) => Difference(config, seed, out _);

    internal static string Difference(SeccompConfig config, int seed, out int ownDifferences)
    {
        ownDifferences = 0;
        config = Profile.OfKnownNames(config);
        var oracle = Oracle.Of(config);
        ulong[] ours;
        try
        {
            ours = SeccompCompiler.Compile(config, Architecture.X86_64, null);
        }
        catch (SpecError error)
        {
            return oracle is null ? "" : $"only we refuse it: {error.Message}";
        }
        if (oracle is null)
        {
            return "only libseccomp refuses it";
        }
        foreach (var data in Points.Of(config, new Random(seed)))
        {
            var (want, have) = (oracle.Answer(data), Interpreter.Run(ours, data));
            if (want != have)
            {
                return $"{data}: {want:x} there, {have:x} here";
            }
        }
        ownDifferences = oracle.OwnDifferences;
        return "";
    }
}

static class Profile
{
    public static SeccompConfig Load(string name)
    {
        var path = Path.Combine(AppContext.BaseDirectory, "Profiles", name + ".json");
        var json = """{"ociVersion":"1.2.0","root":{"path":"r"},"linux":{"seccomp":""" + File.ReadAllText(path) + "}}";
        return SpecReader.Read(System.Text.Encoding.UTF8.GetBytes(json), null).Linux.Seccomp!;
    }

    public static string Text(SeccompConfig config)
    {
        var rules = config.Syscalls.Select(rule => $"{string.Join(' ', rule.Names)}: {rule.Action} {rule.ErrnoRet} " +
            string.Join(" and ", rule.Args.Select(argument => $"{argument.Index} {argument.Operator} {argument.Value:x} {argument.ValueTwo:x}")));
        return $"default {config.DefaultAction} {config.DefaultErrnoRet}, {string.Join(' ', config.Architectures)}\n{string.Join('\n', rules)}";
    }

    /// <summary>Without the calls that are younger than the installed libseccomp: it does not know their numbers, or not all.</summary>
    public static SeccompConfig OfKnownNames(SeccompConfig config) => config with
    {
        Syscalls = [.. config.Syscalls.Select(rule => rule with { Names = [.. rule.Names.Where(LibSeccomp.Agrees)] })],
    };
}
