using System;
using System.IO;
using System.Linq;
using Xunit;

namespace SharpRun.Net.Tests.Leases;

/// <summary>Debian's host-local beside ours: the same files, and either understands what the other has written.</summary>
public sealed class ReferenceTests
{
    public ReferenceTests() => Assert.SkipUnless(File.Exists(LeaseRoom.Reference), "containernetworking-plugins is not installed");

    [Fact]
    public void The_files_are_the_same()
    {
        using var ours = new LeaseRoom("10.1.0.0/29", "fd00:1::/120");
        using var theirs = new LeaseRoom("10.1.0.0/29", "fd00:1::/120");
        foreach (var id in (string[])["a", "b", "c", "d", "e", "f", "g"])
        {
            var expected = theirs.RunReference("ADD", id);
            var got = ours.Refusal(id);
            Assert.Equal(expected, got.Replace("leased ", "", StringComparison.Ordinal));
            Assert.Equal(theirs.Files(), ours.Files());
        }
        foreach (var id in (string[])["c", "nobody", "a"])
        {
            theirs.RunReference("DEL", id);
            ours.Remove(id);
            Assert.Equal(theirs.Files(), ours.Files());
        }
        Assert.Equal(theirs.RunReference("ADD", "h"), ours.Add("h"));
        Assert.Equal(theirs.Files(), ours.Files());
    }

    [Fact]
    public void The_refusals_are_the_same()
    {
        using var room = new LeaseRoom("10.1.0.0/29");
        room.Add("a");
        foreach (var ip in (string[])["10.1.0.1", "10.1.0.2", "10.1.0.7", "192.0.2.1"])
        {
            Assert.Equal(room.RunReference("ADD", "b", ip), room.Refusal("b", ip));
        }
        Assert.Equal(room.RunReference("ADD", "a"), room.Refusal("a"));
    }

    [Fact]
    public void They_share_a_directory()
    {
        using var room = new LeaseRoom("10.1.0.0/29");
        Assert.Equal(["10.1.0.2", "10.1.0.3", "10.1.0.4", "10.1.0.5"], [room.RunReference("ADD", "a"), room.Add("b"), room.RunReference("ADD", "c"), room.Add("d")]);
        Assert.Equal("", room.RunReference("CHECK", "b"));
        room.Remove("a");
        Assert.Equal("", room.RunReference("DEL", "b"));
        Assert.False(File.Exists(room["10.1.0.2"]));
        Assert.False(File.Exists(room["10.1.0.3"]));
        Assert.Equal(["10.1.0.6", "10.1.0.2", "10.1.0.3"], [room.Add("e"), room.RunReference("ADD", "f"), room.Add("g")]);
    }

    [Fact]
    public void At_once_they_share_no_address()
    {
        using var room = new LeaseRoom("10.1.0.0/24");
        var leased = Enumerable.Range(0, 40).AsParallel().WithDegreeOfParallelism(16).Select(i => i % 2 == 0 ? room.Add($"c{i}") : room.RunReference("ADD", $"c{i}")).ToList();
        Assert.Equal(40, leased.Distinct().Count());
        Assert.All(leased, address => Assert.StartsWith("10.1.0.", address, StringComparison.Ordinal));
    }
}
