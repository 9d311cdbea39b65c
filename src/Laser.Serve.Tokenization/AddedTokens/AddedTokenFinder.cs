using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Laser.Serve.Tokenization.Patterns;

namespace Laser.Serve.Tokenization.AddedTokens;

/// <summary>Cuts a text at the added tokens in it: the leftmost first, the longest of those that begin there.</summary>
internal sealed class AddedTokenFinder
{
    private readonly TrieNode _root = new();
    private readonly SearchValues<char> _firstChars;

    /// <param name="tokens">
    /// Tokens and how each is written in the text. Distinct; one that is written empty is never found.
    /// </param>
    public AddedTokenFinder(IEnumerable<(string Text, AddedToken Token)> tokens)
    {
        foreach ((string text, AddedToken token) in tokens.Where(entry => entry.Text.Length > 0))
        {
            TrieNode node = _root;
            foreach (char c in text)
            {
                node = node.GetOrAdd(c);
            }

            node.Token = token;
        }

        _firstChars = SearchValues.Create([.. _root.Chars]);
    }

    public void Find(string text, List<TextSegment> segments)
    {
        int done = 0;
        int position = 0;
        while (TryFindNext(text, position, out int start, out int end, out AddedToken? token))
        {
            position = end;
            if (token.SingleWord && !IsSingleWord(text, start, end))
            {
                continue;
            }

            // White space that an earlier token took along is gone.
            start = token.StripsLeft ? Math.Max(done, start - WhiteSpaceBefore(text, start)) : start;
            end = token.StripsRight ? end + WhiteSpaceAfter(text, end) : end;
            AddText(done, start, segments);
            segments.Add(new TextSegment(start, end - start, token.Id));
            done = end;
        }

        AddText(done, text.Length, segments);
    }

    private bool TryFindNext(
        string text, int from, out int start, out int end, [NotNullWhen(true)] out AddedToken? token)
    {
        for (start = from; start < text.Length; start++)
        {
            int offset = text.AsSpan(start).IndexOfAny(_firstChars);
            if (offset < 0)
            {
                break;
            }

            start += offset;
            (token, end) = LongestAt(text, start);
            if (token is not null)
            {
                return true;
            }
        }

        (token, end) = (null, text.Length);
        return false;
    }

    private (AddedToken? Token, int End) LongestAt(string text, int start)
    {
        (AddedToken? Token, int End) longest = (null, start);
        TrieNode? node = _root;
        for (int i = start; i < text.Length; i++)
        {
            node = node.Next(text[i]);
            if (node is null)
            {
                break;
            }

            if (node.Token is not null)
            {
                longest = (node.Token, i + 1);
            }
        }

        return longest;
    }

    private static void AddText(int start, int end, List<TextSegment> segments)
    {
        if (start < end)
        {
            segments.Add(new TextSegment(start, end - start, TokenId: null));
        }
    }

    private static bool IsSingleWord(string text, int start, int end)
    {
        return !(Rune.DecodeLastFromUtf16(text.AsSpan(0, start), out Rune before, out _) == OperationStatus.Done
                && CharacterClasses.Word.Contains(before.Value))
            && !(Rune.DecodeFromUtf16(text.AsSpan(end), out Rune after, out _) == OperationStatus.Done
                && CharacterClasses.Word.Contains(after.Value));
    }

    private static int WhiteSpaceBefore(string text, int position)
    {
        ReadOnlySpan<char> before = text.AsSpan(0, position);
        return before.Length - before.TrimEnd().Length;
    }

    private static int WhiteSpaceAfter(string text, int position)
    {
        ReadOnlySpan<char> after = text.AsSpan(position);
        return after.Length - after.TrimStart().Length;
    }

    private sealed class TrieNode
    {
        private readonly Dictionary<char, TrieNode> _children = [];

        public AddedToken? Token { get; set; }

        public IEnumerable<char> Chars => _children.Keys;

        public TrieNode? Next(char c)
        {
            return _children.GetValueOrDefault(c);
        }

        public TrieNode GetOrAdd(char c)
        {
            if (!_children.TryGetValue(c, out TrieNode? child))
            {
                child = new TrieNode();
                _children.Add(c, child);
            }

            return child;
        }
    }
}
