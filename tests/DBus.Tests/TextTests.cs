using System.Text;
using Xunit;

namespace SharpRun.DBus.Tests;

/// <summary>Values as text (GLib's GVariant text format), the lines of the authentication, and bus addresses.</summary>
public sealed class TextTests
{
    [Theory]
    [InlineData("'a'", "s:a")]
    [InlineData("\"it's\"", "s:it's")]
    [InlineData(@"'a\'\n\u00fc'", "s:a'\nü")]
    [InlineData("true", "b:1")]
    [InlineData(" false ", "b:0")]
    [InlineData("5", "i:5")]
    [InlineData("-5", "i:18446744073709551611")]
    [InlineData("0x1F", "i:31")]
    [InlineData("0.5", "d:4602678819172646912")]
    [InlineData("1e3", "d:4652007308841189376")]
    [InlineData("uint64 18446744073709551615", "t:18446744073709551615")]
    [InlineData("int64 -1", "x:18446744073709551615")]
    [InlineData("@t 5", "t:5")]
    [InlineData("byte 255", "y:255")]
    [InlineData("uint16 7", "q:7")]
    [InlineData("boolean true", "b:1")]
    [InlineData("['a', 'b']", "as[s:a,s:b]")]
    [InlineData("@as []", "as[]")]
    [InlineData("@ay [7, 1]", "ay[y:7,y:1]")]
    [InlineData("[uint32 1, 2]", "au[u:1,u:2]")]
    [InlineData("('a', uint64 5, true)", "(stb)(s:a,t:5,b:1)")]
    [InlineData("[('/dev/char/1:3', 'rwm')]", "a(ss)[(ss)(s:/dev/char/1:3,s:rwm)]")]
    [InlineData("@a(st) [('a', 5)]", "a(st)[(st)(s:a,t:5)]")]
    [InlineData("@a(ss) []", "a(ss)[]")]
    [InlineData("<'a'>", "v<s:a>")]
    public void A_text_is_a_value(string text, string expected) => Assert.Equal(expected, Show(ValueText.Parse(text)));

    [Theory]
    [InlineData("")]
    [InlineData("inactive-or-failed")]
    [InlineData("'a")]
    [InlineData("'a' 'b'")]
    [InlineData("'a\\")]
    [InlineData("'\\u12'")]
    [InlineData("'\\u0000'")]
    [InlineData("[]")]
    [InlineData("['a', 5]")]
    [InlineData("['a' 'b']")]
    [InlineData("['a'")]
    [InlineData("()")]
    [InlineData("@(ss) ('a')")]
    [InlineData("@(s) ('a', 'b')")]
    [InlineData("@s 5")]
    [InlineData("@ 5")]
    [InlineData("@ss 'a'")]
    [InlineData("@a{ss} {}")]
    [InlineData("{'a': 5}")]
    [InlineData("b'bytes'")]
    [InlineData("nothing")]
    [InlineData("objectpath '/a'")]
    [InlineData("@o '/a'")]
    [InlineData("signature 's'")]
    [InlineData("handle 1")]
    [InlineData("@h 1")]
    [InlineData("byte 256")]
    [InlineData("uint32 -1")]
    [InlineData("uint64 18446744073709551616")]
    [InlineData("2147483648")]
    [InlineData("99999999999999999999999999999999999999999999999")]
    [InlineData("uint64 0.5")]
    [InlineData("uint64 'a'")]
    [InlineData("uint64")]
    [InlineData("string 5")]
    [InlineData("5x")]
    [InlineData("<5")]
    public void Anything_else_is_an_error_that_shows_it(string text) =>
        Assert.StartsWith($"\"{text}\" is no value: ", Assert.Throws<WireError>(() => ValueText.Parse(text)).Message, System.StringComparison.Ordinal);

    [Fact]
    public void Depth_has_an_end() => Assert.Throws<WireError>(() => ValueText.Parse(new string('[', 100_000)));

    [Fact]
    public void A_type_has_an_end()
    {
        static string Struct(int fields) => $"({string.Join(", ", System.Linq.Enumerable.Repeat("true", fields))})";
        Assert.Equal(255, ValueText.Parse(Struct(253)).Signature.Length);
        Assert.Contains("255 letters", Assert.Throws<WireError>(() => ValueText.Parse(Struct(254))).Message, System.StringComparison.Ordinal);
        Assert.Throws<WireError>(() => ValueText.Parse($"<{Struct(254)}>"));
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("DATA\r\n", 0)]
    [InlineData("DATA\r\nOK 12\r", 0)]
    [InlineData("DATA\r\nOK 1234\r\n", 15)]
    [InlineData("DATA\r\nOK 1234\r\nl\u0002", 15)]
    [InlineData("OK 1234\r\n", 9)]
    public void The_answer_ends_with_ok(string received, int length) => Assert.Equal(length, Authentication.LengthOfAnswer(Encoding.Latin1.GetBytes(received)));

    [Theory]
    [InlineData("REJECTED EXTERNAL\r\n")]
    [InlineData("DATA\r\nERROR\r\n")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n")]
    public void Any_other_answer_is_an_error(string received) =>
        Assert.Throws<WireError>(() => Authentication.LengthOfAnswer(Encoding.Latin1.GetBytes(received)));

    [Fact]
    public void An_answer_without_an_end_is_an_error() => Assert.Throws<WireError>(() => Authentication.LengthOfAnswer(new byte[600]));

    [Theory]
    [InlineData("unix:path=/run/dbus/system_bus_socket", "/run/dbus/system_bus_socket")]
    [InlineData("unix:path=/run/user/1000/bus,guid=12ab", "/run/user/1000/bus")]
    [InlineData("unix:guid=12,path=/a%20b%c3%bc", "/a bü")]
    [InlineData("unix:abstract=/tmp/dbus-X", "@/tmp/dbus-X")]
    [InlineData("tcp:host=localhost,port=1;unix:path=/b", "/b")]
    [InlineData("tcp:host=localhost", null)]
    [InlineData("/run/bus", null)]
    [InlineData("", null)]
    public void An_address_is_a_socket(string address, string? path) => Assert.Equal(path, BusAddress.SocketOf(address));

    private static string Show(Value value) => value switch
    {
        TextValue text => $"{text.Signature}:{text.Text}",
        NumberValue number => $"{number.Signature}:{number.Bits}",
        ArrayValue array => $"{array.Signature}[{string.Join(',', System.Linq.Enumerable.Select(array.Items, Show))}]",
        StructValue fields => $"{fields.Signature}({string.Join(',', System.Linq.Enumerable.Select(fields.Fields, Show))})",
        VariantValue variant => $"v<{Show(variant.Inner)}>",
        _ => "?",
    };
}
