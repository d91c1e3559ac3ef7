using System.Collections.Generic;
using System.Text;

namespace SharpRun.Oci.Dockerfiles;

/// <summary>How docker cuts a line into words.</summary>
static class Words
{
    private static readonly char[] s_blanks = [' ', '\t', '\v', '\f', '\r', '\n'];

    /// <summary>At blanks alone; quotes mean nothing.</summary>
    public static string[] AtBlanks(string text) => text.Split(s_blanks, System.StringSplitOptions.RemoveEmptyEntries);

    /// <summary>At blanks outside of quotes. Quotes and escapes stay in the words: the expansion of variables takes them off.</summary>
    public static List<string> Split(string text, char escape)
    {
        List<string> words = [];
        for (var at = 0; at < text.Length;)
        {
            if (char.IsWhiteSpace(text[at]))
            {
                at++;
                continue;
            }
            var end = EndOfWord(text, at, escape);
            words.Add(text[at..end]);
            at = end;
        }
        return words;
    }

    /// <summary>Where the word that begins at an index ends.</summary>
    public static int EndOfWord(string text, int at, char escape)
    {
        var quote = '\0';
        for (; at < text.Length; at++)
        {
            var letter = text[at];
            if (letter == escape && quote != '\'')
            {
                at++;
            }
            else if (quote != '\0')
            {
                quote = letter == quote ? '\0' : quote;
            }
            else if (letter is '"' or '\'')
            {
                quote = letter;
            }
            else if (char.IsWhiteSpace(letter))
            {
                return at;
            }
        }
        return text.Length;
    }

    /// <summary>Without quotes and escapes; a quote that is not closed reaches to the end.</summary>
    public static string Unquote(string word, char escape)
    {
        var plain = new StringBuilder(word.Length);
        var quote = '\0';
        for (var at = 0; at < word.Length; at++)
        {
            var letter = word[at];
            if (letter == escape && quote != '\'' && at + 1 < word.Length)
            {
                plain.Append(word[++at]);
            }
            else if (letter == quote)
            {
                quote = '\0';
            }
            else if (quote == '\0' && letter is '"' or '\'')
            {
                quote = letter;
            }
            else
            {
                plain.Append(letter);
            }
        }
        return plain.ToString();
    }
}
