// Small tokenizer.json files in the styles of well-known models. Their vocabularies are trained here on a few
// sentences.
const fs = require('fs');
const path = require('path');

const sample = fs.readFileSync(path.join(__dirname, 'sample.txt'), 'utf8');

function trainMerges(words, count) {
    let list = [...words].map(([symbols, n]) => ({ symbols, n }));
    const merges = [];
    for (let k = 0; k < count; k++) {
        const counts = new Map();
        for (const { symbols, n } of list) {
            for (let i = 0; i + 1 < symbols.length; i++) {
                const pair = symbols[i] + ' ' + symbols[i + 1];
                counts.set(pair, (counts.get(pair) ?? 0) + n);
            }
        }
        const best = [...counts].reduce((a, b) => (b[1] > a[1] || (b[1] === a[1] && b[0] < a[0]) ? b : a), ['', 0]);
        if (best[1] < 2) {
            break;
        }
        const [left, right] = best[0].split(' ');
        merges.push([left, right]);
        list = list.map(({ symbols, n }) => {
            const result = [];
            for (let i = 0; i < symbols.length; i++) {
                if (symbols[i] === left && symbols[i + 1] === right) {
                    result.push(left + right);
                    i++;
                } else {
                    result.push(symbols[i]);
                }
            }
            return { symbols: result, n };
        });
    }
    return merges;
}

function countWords(words) {
    const counts = new Map();
    for (const word of words) {
        counts.set(word, (counts.get(word) ?? 0) + 1);
    }
    return [...counts].map(([word, n]) => [[...word], n]);
}

const toChar = (() => {
    const table = [];
    let next = 256;
    for (let b = 0; b < 256; b++) {
        const printable = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || (b >= 174 && b <= 255);
        table.push(String.fromCharCode(printable ? b : next++));
    }
    return table;
})();
const toBytes = text => [...Buffer.from(text)].map(b => toChar[b]).join('');

const byteWords = countWords(sample.match(/ ?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+|\s+/gu).map(toBytes));
const byteMerges = trainMerges(byteWords, 400);
const metaWords = countWords(
    sample
        .replace(/\s+/g, ' ')
        .split(' ')
        .map(word => '\u2581' + word),
);
const metaMerges = trainMerges(metaWords, 300);

function numbered(tokens) {
    return Object.fromEntries([...new Set(tokens)].map((token, id) => [token, id]));
}

const byteVocab = extra => numbered([...toChar, ...byteMerges.map(m => m.join('')), ...extra]);
const byteTokens = Array.from({ length: 256 }, (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, '0')}>`);
const metaVocab = numbered([
    '<unk>',
    '<s>',
    '</s>',
    ...byteTokens,
    '\u2581',
    ...new Set(sample.replace(/\s/g, '')),
    ...metaMerges.map(m => m.join('')),
]);

const added = (id, content, options = {}) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
    ...options,
});

function file(parts) {
    return {
        version: '1.0',
        truncation: null,
        padding: null,
        added_tokens: [],
        normalizer: null,
        pre_tokenizer: null,
        post_processor: null,
        decoder: null,
        ...parts,
    };
}

const bpe = (vocab, merges, options = {}) => ({
    type: 'BPE',
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges: false,
    vocab,
    merges,
    ...options,
});

const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };
const byteDecoder = { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true };
const split = (regex, behavior = 'Isolated', invert = false) => ({
    type: 'Split',
    pattern: { Regex: regex },
    behavior,
    invert,
});
const words = regex => ({ type: 'Sequence', pretokenizers: [split(regex), byteLevel] });
const prefix = (id, token) => ({
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: token, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
    special_tokens: { [token]: { id: token, ids: [id], tokens: [token] } },
});

const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const rest = '\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
const patterns = {
    llama3: `${contractions}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|${rest}`,
    qwen2: `${contractions}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|${rest}`,
    cl100k: `'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+`,
    o200k: [
        `[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+${contractions}?`,
        `[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*${contractions}?`,
        '\\p{N}{1,3}',
        ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*',
        rest,
    ].join('|'),
};

const spaceToMeta = { type: 'Replace', pattern: { String: ' ' }, content: '\u2581' };
const metaToSpace = { type: 'Replace', pattern: { String: '\u2581' }, content: ' ' };
const pieceDecoder = (...last) => ({
    type: 'Sequence',
    decoders: [metaToSpace, { type: 'ByteFallback' }, { type: 'Fuse' }, ...last],
});
const stripStart = { type: 'Strip', content: ' ', start: 1, stop: 0 };
const pieceTokens = [added(0, '<unk>'), added(1, '<s>'), added(2, '</s>')];
const pieceModel = bpe(
    metaVocab,
    metaMerges.map(m => m.join(' ')),
    { unk_token: '<unk>', fuse_unk: true, byte_fallback: true },
);

const llama3Vocab = byteVocab(['\u0120Hello,\u0120world', 'Hello']);
const llama3Size = Object.keys(llama3Vocab).length;
const plainByteVocab = byteVocab([]);
const plainSize = Object.keys(plainByteVocab).length;
const plainVocab = numbered([
    '[UNK]',
    ...'abcdefghijklmnopqrstuvwxyz0123456789.,!?-',
    'th',
    'in',
    'the',
    'ing',
    'wo',
    'or',
]);

const files = {
    llama3: file({
        added_tokens: [
            '<|begin_of_text|>',
            '<|end_of_text|>',
            '<|start_header_id|>',
            '<|end_header_id|>',
            '<|eot_id|>',
        ].map((content, i) => added(llama3Size + i, content)),
        pre_tokenizer: words(patterns.llama3),
        post_processor: { type: 'Sequence', processors: [byteDecoder, prefix(llama3Size, '<|begin_of_text|>')] },
        decoder: byteDecoder,
        model: bpe(
            llama3Vocab,
            byteMerges.map(m => m.join(' ')),
            { ignore_merges: true },
        ),
    }),
    qwen2: file({
        added_tokens: ['<|endoftext|>', '<|im_start|>', '<|im_end|>', '<tool_call>', '</tool_call>'].map(
            (content, i) => added(plainSize + i, content, { special: i < 3 }),
        ),
        normalizer: { type: 'NFC' },
        pre_tokenizer: words(patterns.qwen2),
        post_processor: { ...byteDecoder, add_prefix_space: false },
        decoder: byteDecoder,
        model: bpe(plainByteVocab, byteMerges, { continuing_subword_prefix: '', end_of_word_suffix: '' }),
    }),
    o200k: file({
        added_tokens: [added(plainSize, '<|endoftext|>')],
        pre_tokenizer: words(patterns.o200k),
        decoder: byteDecoder,
        model: bpe(plainByteVocab, byteMerges),
    }),
    'gpt2-prefix-space': file({
        added_tokens: [
            added(plainSize, '<mask>', { lstrip: true }),
            added(plainSize + 1, '[X]', { single_word: true, special: false }),
        ],
        pre_tokenizer: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true },
        post_processor: {
            type: 'RobertaProcessing',
            sep: ['!', 33],
            cls: ['"', 34],
            trim_offsets: true,
            add_prefix_space: true,
        },
        decoder: byteDecoder,
        model: bpe(plainByteVocab, byteMerges),
    }),
    'llama2-normalizer': file({
        added_tokens: pieceTokens,
        normalizer: { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: '\u2581' }, spaceToMeta] },
        post_processor: prefix(1, '<s>'),
        decoder: pieceDecoder(stripStart),
        model: pieceModel,
    }),
    'llama2-metaspace': file({
        added_tokens: pieceTokens,
        pre_tokenizer: { type: 'Metaspace', replacement: '\u2581', prepend_scheme: 'first', split: false },
        post_processor: prefix(1, '<s>'),
        decoder: pieceDecoder(stripStart),
        model: pieceModel,
    }),
    'metaspace-always': file({
        added_tokens: pieceTokens,
        pre_tokenizer: { type: 'Metaspace', replacement: '\u2581', add_prefix_space: true },
        decoder: { type: 'Metaspace', replacement: '\u2581', add_prefix_space: true },
        model: { ...pieceModel, byte_fallback: false },
    }),
    gemma: file({
        added_tokens: [...pieceTokens, added(Object.keys(metaVocab).length, '\n\n', { special: false })],
        normalizer: spaceToMeta,
        pre_tokenizer: { type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithPrevious', invert: false },
        post_processor: prefix(1, '<s>'),
        decoder: pieceDecoder(),
        model: { ...pieceModel, fuse_unk: false },
    }),
    plain: file({
        added_tokens: [
            added(0, '[UNK]'),
            added(Object.keys(plainVocab).length, '<mask>', { lstrip: true, rstrip: true }),
            added(Object.keys(plainVocab).length + 1, 'tok', { normalized: true, special: false }),
            added(Object.keys(plainVocab).length + 2, '[X]', { single_word: true, special: false }),
        ],
        normalizer: {
            type: 'Sequence',
            normalizers: [
                { type: 'NFKD' },
                { type: 'Lowercase' },
                { type: 'Strip', strip_left: true, strip_right: true },
            ],
        },
        pre_tokenizer: {
            type: 'Sequence',
            pretokenizers: [
                { type: 'WhitespaceSplit' },
                { type: 'Punctuation', behavior: 'Contiguous' },
                { type: 'Digits', individual_digits: true },
            ],
        },
        model: bpe(
            plainVocab,
            [
                ['t', 'h'],
                ['i', 'n'],
                ['th', 'e'],
                ['in', 'g'],
                ['w', 'o'],
                ['o', 'r'],
            ],
            { unk_token: '[UNK]' },
        ),
    }),
};

module.exports = { files, patterns, split };
