using System.Buffers;
using System.Text;

namespace Grpc.Core;

public sealed partial class Metadata
{
    /// <summary>One key with its text or bytes.</summary>
    public class Entry
    {
        private static readonly SearchValues<char> KeyCharacters =
            SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_-.");

        private readonly string? _text;
        private readonly byte[]? _bytes;

        /// <summary>Creates a binary entry.</summary>
        /// <param name="key">Letters, digits, '_', '-' and '.', ending in "-bin"; kept in lower case.</param>
        /// <param name="valueBytes">The bytes, which are copied.</param>
        /// <exception cref="ArgumentException">The key has other characters or another ending.</exception>
        public Entry(string key, byte[] valueBytes)
        {
            ArgumentNullException.ThrowIfNull(valueBytes);
            Key = CheckedKey(key);
            IsBinary = true;
            _bytes = [.. valueBytes];
            if (!HasBinaryKey(Key))
            {
                throw new ArgumentException($"Metadata key '{key}' of a binary value must end in '-bin'.", nameof(key));
            }
        }

        /// <summary>Creates a text entry.</summary>
        /// <param name="key">Letters, digits, '_', '-' and '.', not ending in "-bin"; kept in lower case.</param>
        /// <param name="value">The text: printable ASCII characters, as HTTP headers have it.</param>
        /// <exception cref="ArgumentException">The key has other characters or ends in "-bin".</exception>
        public Entry(string key, string value)
        {
            ArgumentNullException.ThrowIfNull(value);
            Key = CheckedKey(key);
            _text = value;
            if (HasBinaryKey(Key))
            {
                throw new ArgumentException($"Metadata key '{key}' ends in '-bin' and needs bytes.", nameof(key));
            }
        }

        private Entry(string key, string? text, byte[]? bytes)
        {
            Key = key;
            _text = text;
            _bytes = bytes;
            IsBinary = bytes is not null;
        }

        /// <summary>The key, in lower case.</summary>
        public string Key { get; }

        /// <summary>Whether the value is bytes.</summary>
        public bool IsBinary { get; }

        /// <summary>The text.</summary>
        /// <exception cref="InvalidOperationException">The value is bytes.</exception>
        public string Value => _text
            ?? throw new InvalidOperationException($"The value of metadata key '{Key}' is bytes, not text.");

        /// <summary>A copy of the bytes, or the text in ASCII.</summary>
        public byte[] ValueBytes => _bytes is null ? Encoding.ASCII.GetBytes(Value) : [.. _bytes];

        /// <summary>The bytes without the copy, for the wire.</summary>
        internal ReadOnlySpan<byte> RawBytes => _bytes;

        /// <inheritdoc/>
        public override string ToString() => IsBinary
            ? $"[Entry: key={Key}, valueBytes={Convert.ToHexString(RawBytes)}]"
            : $"[Entry: key={Key}, value={Value}]";

        /// <summary>A text entry from the wire, whose key need not be checked.</summary>
        internal static Entry Received(string lowerCaseKey, string value) => new(lowerCaseKey, value, null);

        /// <summary>A binary entry from the wire, which keeps the array.</summary>
        internal static Entry Received(string lowerCaseKey, byte[] value) => new(lowerCaseKey, null, value);

        internal bool HasKey(string key) => string.Equals(Key, key, StringComparison.OrdinalIgnoreCase);

        internal static bool HasBinaryKey(string lowerCaseKey) =>
            lowerCaseKey.EndsWith(BinaryHeaderSuffix, StringComparison.Ordinal);

        private static string CheckedKey(string key)
        {
            ArgumentNullException.ThrowIfNull(key);
            string lower = key.ToLowerInvariant();
            if (lower.Length == 0 || lower.AsSpan().ContainsAnyExcept(KeyCharacters))
            {
                throw new ArgumentException(
                    $"Metadata key '{key}' may only have letters, digits, '_', '-' and '.'.", nameof(key));
            }

            return lower;
        }
    }
}
