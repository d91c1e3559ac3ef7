using System;
using System.Text;
using SharpRun.Json;
using SharpRun.Layers.Drivers;
using SharpRun.Layers.Unions;
using SharpRun.Oci;
using Xunit;

namespace SharpRun.Layers.Tests;

public sealed class UnionRecordTests
{
    private const string Hex = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    private static UnionRecord Parse(string json) => UnionRecord.Parse(Encoding.UTF8.GetBytes(json), "unions/u/record.json");

    [Fact]
    public void What_is_written_is_read()
    {
        var record = new UnionRecord(DriverKind.Btrfs, [Digest.Parse($"sha256:{Hex}", "")], [], new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(1)))
        {
            Target = "/a \"b\"\n/c",
            BootId = "boot",
        };
        var json = Encoding.UTF8.GetString(record.ToJson());
        Assert.Contains("\"created\":\"2026-01-02T02:04:05Z\"", json);
        var read = Parse(json);
        Assert.Equal((record.Driver, record.Target, record.BootId, record.Created), (read.Driver, read.Target, read.BootId, read.Created));
        Assert.Equal(record.Chain, read.Chain);
        Assert.Empty(read.Lower);
    }

    [Fact]
    public void Directories_stay_in_their_order()
    {
        var record = new UnionRecord(DriverKind.Overlay, [], ["/low", "/a:b,c\\d"], DateTimeOffset.UnixEpoch);
        Assert.Equal(["/low", "/a:b,c\\d"], Parse(Encoding.UTF8.GetString(record.ToJson())).Lower);
        Assert.Null(Parse(Encoding.UTF8.GetString(record.ToJson())).Target);
    }

    // mutant: UnionCheck.RecordedDriverIsOne UnionCheck.RecordIsOfOneKind UnionCheck.RecordedPathIsAbsolute UnionCheck.RecordedTimeIsOne
    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"driver":"overlay","lower":["/a"]}""")]
    [InlineData("""{"driver":"overlay","created":"2026-01-02T02:04:05Z"}""")]
    [InlineData("""{"driver":"zfs","lower":["/a"],"created":"2026-01-02T02:04:05Z"}""")]
    [InlineData("""{"driver":"overlay","lower":["a"],"created":"2026-01-02T02:04:05Z"}""")]
    [InlineData("""{"driver":"overlay","lower":["/a"],"target":"b","created":"2026-01-02T02:04:05Z"}""")]
    [InlineData("""{"driver":"overlay","lower":["/a"],"created":"yesterday"}""")]
    [InlineData("""{"driver":"overlay","chain":["/a"],"created":"2026-01-02T02:04:05Z"}""")]
    [InlineData("""{"driver":"overlay","lower":["/a"],"chain":["sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"],"created":"2026-01-02T02:04:05Z"}""")]
    [InlineData("""{"driver":"overlay","driver":"vfs","lower":["/a"],"created":"2026-01-02T02:04:05Z"}""")]
    public void What_is_no_record_is_a_sentence(string json)
    {
        var error = Assert.ThrowsAny<JsonError>(() => Parse(json));
        Assert.StartsWith("unions/u/record.json: ", error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }
}
