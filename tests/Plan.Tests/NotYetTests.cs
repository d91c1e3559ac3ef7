using System.Collections.Generic;
using System.Linq;
using Xunit;

namespace SharpRun.Planning.Tests;

public sealed class NotYetTests
{
    public static TheoryData<string, string> Properties()
    {
        var data = new TheoryData<string, string>();
        foreach (var (owner, properties) in NotYet.All)
        {
            foreach (var property in properties)
            {
                data.Add(owner, property.Name);
            }
        }
        return data;
    }

    private static NotYetProperty Find(string owner, string name) =>
        NotYet.All.Single(table => table.Object == owner).Properties.Single(property => property.Name == name);

    [Theory]
    [MemberData(nameof(Properties))]
    public void What_asks_for_something_is_answered_by_name(string owner, string name)
    {
        var property = Find(owner, name);
        var path = $"{owner}.{name}";
        var (value, sentence) = property.Asks switch
        {
            Asks.Text => ("\"x\"", "not supported yet"),
            Asks.List => ("[{}]", "not supported yet"),
            Asks.Members => ("{\"a\":null}", "not supported yet"),
            Asks.Object => ("{}", "not supported yet"),
            Asks.Warning => ("7", $"{path} is ignored: the kernel has no such limit any more"),
            _ => ("{\"x\":1}", ""),
        };
        var warnings = new List<string>();
        if (property.Asks is Asks.Warning or Asks.Never)
        {
            Bundle.Read(Bundle.With(path, value), warnings.Add);
            Assert.Equal(property.Asks == Asks.Warning ? [sentence] : [], warnings);
            return;
        }
        Assert.Equal($"config.json: {path}: {sentence} ({property.Words} come with a later version)", Bundle.Fails(Bundle.With(path, value)).Message);
    }

    [Theory]
    [MemberData(nameof(Properties))]
    public void What_asks_for_nothing_is_accepted(string owner, string name)
    {
        string[] values = Find(owner, name).Asks switch
        {
            Asks.Text => ["\"\"", "null"],
            Asks.List => ["[]", "null"],
            Asks.Members => ["{}", "null"],
            Asks.Object => ["null"],
            Asks.Warning => ["0", "null"],
            _ => ["{}", "null", "1", "[[]]"],
        };
        var without = Bundle.Read(Bundle.Minimal);
        foreach (var value in values)
        {
            var warnings = new List<string>();
            Assert.Equivalent(without, Bundle.Read(Bundle.With($"{owner}.{name}", value), warnings.Add), strict: true);
            Assert.Empty(warnings);
        }
    }

    [Theory]
    [MemberData(nameof(Properties))]
    public void Another_letter_case_does_not_slip_through(string owner, string name)
    {
        var other = char.ToUpperInvariant(name[0]) + name[1..];
        var expected = $"config.json: {owner}: \"{other}\" is not the property \"{name}\": letter case matters";
        Assert.Equal(expected, Bundle.Fails(Bundle.With($"{owner}.{other}", "null")).Message);
    }

    [Theory]
    [InlineData("private")]
    [InlineData("rprivate")]
    [InlineData("slave")]
    [InlineData("rslave")]
    [InlineData("shared")]
    [InlineData("rshared")]
    [InlineData("unbindable")]
    [InlineData("runbindable")]
    [InlineData("")]
    public void The_built_propagations_are_read(string word) =>
        Assert.Equal(word.Length == 0 ? null : word, Bundle.ReadWith("linux.rootfsPropagation", $"\"{word}\"").Linux.RootfsPropagation);

    [Fact]
    public void Every_sentence_has_a_subject() =>
        Assert.All(
            NotYet.All.SelectMany(table => table.Properties),
            property => Assert.Equal(property.Asks is Asks.Never or Asks.Warning, property.Words.Length == 0));
}
