using System;
using System.Linq;
using System.Net;
using SharpRun.Cni;
using SharpRun.Linux;
using SharpRun.Net.Firewall;
using SharpRun.Net.Kernel;
using SharpRun.Netlink;
using Xunit;
using static SharpRun.Netlink.RtNetlink;

namespace SharpRun.Net.Tests;

/// <summary>What is asked of the kernel, and what its answers are taken for.</summary>
public sealed class SocketTests
{
    private const ushort HasWords = 0x200;

    // mutant: NetCheck.AnswerIsToThisQuestion
    [Fact]
    public void Answers_to_the_question_before_are_passed_over()
    {
        using var kernel = new FakeKernel();
        kernel.Socket.TakeSequence();
        kernel.Error(1, Errno.EPERM);
        kernel.Error(2);
        Assert.Equal(Errno.OK, Ask(kernel));
    }

    // mutant: NetCheck.EndMaySayNothing
    [Fact]
    public void The_end_of_a_list_may_say_that_it_is_not_whole()
    {
        using var kernel = new FakeKernel();
        kernel.Answer(writer => writer.Begin(3, 0, 1));
        Assert.Equal(Errno.OK, Ask(kernel));
        kernel.Done(2, Errno.EINTR);
        Assert.Equal(Errno.EINTR, Ask(kernel));
    }

    // mutant: NetCheck.AnswerIsWhole NetCheck.ErrorHasANumber
    [Fact]
    public void What_is_cut_off_is_an_error()
    {
        using var kernel = new FakeKernel();
        kernel.Answer(new byte[7]);
        kernel.Error(1);
        Assert.Equal(Errno.EBADMSG, Ask(kernel));
        kernel.Answer(writer => writer.Begin(2, 0, 2));
        Assert.Equal(Errno.EBADMSG, Ask(kernel));
    }

    // mutant: NetCheck.RefusalHasAReason NetCheck.ReasonIsBehindTheHeader
    [Fact]
    public void The_kernel_s_words_are_read_where_it_says_that_there_are_some()
    {
        using var kernel = new FakeKernel();
        kernel.Refusal(1, Errno.EINVAL, "no such thing", HasWords);
        Assert.Equal(Errno.EINVAL, Ask(kernel));
        Assert.Equal(("no such thing", 1u), (kernel.Socket.Reason, kernel.Socket.RefusedSequence));
        kernel.Refusal(2, Errno.EINVAL, "no such thing", 0);
        Assert.Equal(Errno.EINVAL, Ask(kernel));
        Assert.Equal("", kernel.Socket.Reason);
        kernel.Answer(writer => writer.Begin(2, HasWords, 3).Bytes4(unchecked((uint)-(int)Errno.EINVAL)));
        Assert.Equal(Errno.EINVAL, Ask(kernel));
        Assert.Equal("", kernel.Socket.Reason);
    }

    // mutant: NetCheck.LinkIsOnlyMissing NetCheck.ActIsKnown
    [Fact]
    public void A_link_that_cannot_be_looked_at_is_not_one_that_is_missing()
    {
        using var kernel = new FakeKernel();
        using var socket = new RouteSocket(kernel.Socket);
        kernel.Error(1, Errno.ENODEV);
        Assert.Null(socket.FindLink("eth0"));
        kernel.Error(3, Errno.EPERM);
        Assert.StartsWith("look at the interface eth0: ", Assert.Throws<NetError>(() => socket.FindLink("eth0")).Message, StringComparison.Ordinal);
        // Of the message that only asks for the acknowledgement.
        kernel.Error(6, Errno.EPERM);
        Assert.StartsWith("ask the kernel about links: ", Assert.Throws<NetError>(() => socket.FindLink("eth0")).Message, StringComparison.Ordinal);
    }

    // mutant: NetCheck.ListIsWhole NetCheck.AddressIsTheLinks
    [Fact]
    public void Addresses_are_those_of_one_link_and_all_of_them()
    {
        using var kernel = new FakeKernel();
        using var socket = new RouteSocket(kernel.Socket);
        var link = SomeLink.Of(3);
        foreach (var (index, address) in new[] { (3, "10.0.0.3"), (4, "10.0.0.4") })
        {
            kernel.Answer(writer => writer.Begin(RTM_NEWADDR, 0, 1).Address(index, IPAddress.Parse(address), 24));
        }
        kernel.Done(1);
        Assert.Equal("10.0.0.3", Assert.Single(socket.AddressesOf(link, AF_INET)).Address.ToString());
        kernel.Done(2, Errno.EINTR);
        Assert.StartsWith("list the addresses of eth0: ", Assert.Throws<NetError>(() => socket.AddressesOf(link, AF_INET)).Message, StringComparison.Ordinal);
    }

    // mutant: NetCheck.TagIsOfTheNetwork NetCheck.NobodyWroteMeanwhile
    [Fact]
    public void Tags_are_those_of_one_network_and_are_read_again_when_somebody_wrote()
    {
        using var kernel = new FakeKernel();
        using var rules = new Rules(kernel.Socket);
        kernel.Generation(1, 5);
        kernel.Sets(2);
        kernel.Rules(3, "net/a/eth0", "other/b/eth0");
        kernel.Generation(5, 5);
        Assert.Equal("net/a/eth0", Assert.Single(rules.Tags("net")).ToString());
        kernel.Generation(6, 5);
        kernel.Sets(7);
        kernel.Rules(8, "net/a/eth0");
        kernel.Generation(10, 6);
        kernel.Generation(11, 6);
        kernel.Sets(12);
        kernel.Rules(13, "net/c/eth0");
        kernel.Generation(15, 6);
        Assert.Equal("net/c/eth0", Assert.Single(rules.Tags("net")).ToString());
    }

    // mutant: NetCheck.OnlyARaceIsRepeated
    [Fact]
    public void A_change_is_repeated_when_another_was_faster_and_refused_for_all_else()
    {
        using var kernel = new FakeKernel();
        using var rules = new Rules(kernel.Socket);
        kernel.Generation(1, 5);
        kernel.Sets(2);
        kernel.Rules(3, "net/a/eth0", "net/b/eth0");
        kernel.Error(5, Errno.ERESTART);
        kernel.Generation(7, 6);
        kernel.Sets(8);
        kernel.Rules(9, "net/a/eth0", "net/b/eth0");
        kernel.Error(11, Errno.EPERM);
        var error = Assert.Throws<NetError>(() => rules.Remove(new Tag("net", "a", "eth0")));
        Assert.StartsWith("change the table inet sharprun: ", error.Message, StringComparison.Ordinal);
    }

    // mutant: NetCheck.KernelKnowsGenerations NetCheck.TableMayBeMissing NetCheck.MapMayBeGone
    [Fact]
    public void What_the_kernel_does_not_have_is_no_error()
    {
        using var kernel = new FakeKernel();
        kernel.Error(1, Errno.EINVAL);
        Assert.Null(TableState.Read(kernel.Socket));
        kernel.Generation(2, 5);
        kernel.Error(3, Errno.ENOENT);
        Assert.False(TableState.Read(kernel.Socket)!.Exists);
        kernel.Generation(4, 5);
        kernel.Sets(5, "ports", "bridges");
        kernel.Rules(6);
        kernel.Error(7, Errno.ENOENT);
        var state = TableState.Read(kernel.Socket)!;
        Assert.True(state.Exists && state.HasSet("ports"));
        Assert.Empty(state.Ports);
        kernel.Error(8, Errno.EPERM);
        Assert.Throws<ErrnoException>(() => TableState.Read(kernel.Socket));
    }

    // mutant: NetCheck.KernelHasTables NetCheck.CheckedKernelHasTables
    [Fact]
    public void Without_tables_only_nothing_can_be_masqueraded()
    {
        using var rules = new Rules(null);
        var nothing = new FirewallPlan(new Tag("net", "a", "eth0"));
        var plan = nothing with { Masquerade = [new Cidr(IPAddress.Parse("10.0.0.2"), 24)] };
        Assert.Contains("this kernel has no nf_tables", Assert.Throws<NetError>(() => rules.Reapply([plan])).Message, StringComparison.Ordinal);
        Assert.Contains("this kernel has no nf_tables", rules.Check(plan), StringComparison.Ordinal);
        rules.Reapply([nothing]);
        Assert.Null(rules.Check(nothing));
        Assert.Empty(rules.Tags("net"));
    }

    private static Errno Ask(FakeKernel kernel)
    {
        var sequence = kernel.Socket.TakeSequence();
        return kernel.Socket.Ask(new MessageWriter().Begin(RTM_GETLINK, NLM_F_REQUEST | NLM_F_ACK, sequence), sequence);
    }
}
