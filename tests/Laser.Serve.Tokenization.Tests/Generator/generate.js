// Writes the golden vectors of the tokenizer tests, with Hugging Face's own library (npm "tokenizers", the Rust code
// itself). Usage: npm ci && node generate.js, in this folder. The results go to ../TestData.  Left out on purpose: -
// decoding of ill-formed runs of byte tokens with the decoder ByteFallback: the library replaces the whole run, ours
// only what is   ill-formed; - decoding of added tokens that the normalizer changes: since 0.23 the library writes
// their changed form, and then does not know   special ones as such; before that, and here, they are written as the
// file has them.
const fs = require('fs');
const path = require('path');
const { Tokenizer } = require('tokenizers');
const { texts, randomTexts, makeRandom } = require('./texts');
const { files, patterns, split } = require('./tokenizer-files');
const { classes, lowercaseSample, decomposable } = require('./unicode');

const target = path.join(__dirname, '..', 'TestData');
const write = (name, value) => fs.writeFileSync(path.join(target, name), value + '\n');
const lines = items => `[\n${items.map(item => JSON.stringify(item)).join(',\n')}\n]`;

async function goldenTokenizers() {
    const all = {
        ...files,
        'laser-tales': JSON.parse(fs.readFileSync(path.join(__dirname, '../../../models/laser-tales-3m/tokenizer.json'), 'utf8')),
    };
    for (const [name, content] of Object.entries(all)) {
        if (name !== 'laser-tales') {
            write(`${name}.json`, JSON.stringify(content));
        }
        const tokenizer = Tokenizer.fromString(JSON.stringify(content));
        const cases = [];
        for (const text of [...texts, ...randomTexts(name.length, 60)]) {
            const ids = (await tokenizer.encode(text, null, { addSpecialTokens: false })).getIds();
            const withSpecial = (await tokenizer.encode(text, null, { addSpecialTokens: true })).getIds();
            cases.push({
                text,
                ids,
                withSpecial,
                decoded: await tokenizer.decode(ids, true),
                decodedWithSpecial: await tokenizer.decode(withSpecial, false),
            });
        }
        write(`${name}.golden.json`, lines(cases));
    }
}

async function goldenDecoding() {
    // Random ids: bytes that are no text, special tokens anywhere. Byte-level only, see above.
    const cases = [];
    for (const name of ['qwen2', 'gpt2-prefix-space', 'metaspace-always', 'plain']) {
        const tokenizer = Tokenizer.fromString(JSON.stringify(files[name]));
        const size = tokenizer.getVocabSize(true);
        const random = makeRandom(7);
        for (let i = 0; i < 40; i++) {
            const ids = Array.from({ length: 1 + random(12) }, () => random(random(2) ? size : Math.min(size, 256)));
            cases.push({
                tokenizer: name,
                ids,
                skipped: await tokenizer.decode(ids, true),
                kept: await tokenizer.decode(ids, false),
            });
        }
    }
    write('decoding.golden.json', lines(cases));
}

const model = { type: 'BPE', dropout: null, unk_token: null, vocab: { a: 0 }, merges: [] };
const load = parts => Tokenizer.fromString(JSON.stringify({ version: '1.0', added_tokens: [], model, ...parts }));

function goldenPreTokenizers() {
    const behaviors = ['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'];
    const components = [
        ...behaviors.flatMap(behavior => [false, true].map(invert => split('[-,]|ab', behavior, invert))),
        ...behaviors.map(behavior => ({ type: 'Split', pattern: { String: '--' }, behavior, invert: false })),
        ...behaviors.map(behavior => ({ type: 'Punctuation', behavior })),
        ...Object.values(patterns).map(pattern => split(pattern)),
        { type: 'Digits', individual_digits: true },
        { type: 'Digits', individual_digits: false },
        { type: 'Whitespace' },
        { type: 'WhitespaceSplit' },
        { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
        ...['always', 'first', 'never'].map(prepend_scheme => ({
            type: 'Metaspace',
            replacement: '_',
            prepend_scheme,
            split: true,
        })),
        {
            type: 'Sequence',
            pretokenizers: [
                split('\\s', 'Removed'),
                { type: 'Metaspace', replacement: '\u2581', prepend_scheme: 'first', split: true },
            ],
        },
        // What Oniguruma reads otherwise than .NET or JavaScript, or only it knows.
        ...[
            '[^(\\s|[.,!?])]+',
            '[a-e&&c-z]+',
            '[^a-c&&b-d]+',
            '\\p{^L}+',
            '[\\p{^L}x]+',
            '^.',
            'd$',
            '\\n$',
            '^\\n',
            'a{,2}b',
            '(?>a|ab)c',
            '\\s*',
            'x*',
            'a|',
            '(?:\\p{N}{3})+?',
            '\\p{N}{1,3}(?=(?:\\p{N}{3})*(?!\\p{N}))',
            '\\w+',
            '.',
            '.{2}',
            '[\\u4e00-\\u9fa5]+',
            '\\x{1F600}',
            '(?i:k|s)+',
            '[^\\n]+?\\.',
            '(a|b)*c',
            '[a-]+',
            '\\S+\\s?',
            '\\d+|\\D',
            '\\W+',
        ].map(pattern => split(pattern, 'Isolated')),
        split('\\n$', 'Removed'),
        split('^\\n', 'Removed'),
    ];
    const inputs = [
        'a--b,-c ab abab',
        '-a-',
        'ababc, aab abc ac',
        'x1234567y12 \u0663\u2167\u00bd',
        'one two\n\nthree\r\n  four \n',
        'abcde xyz',
        'ks KS \u212a\u017f \u00df',
        'a\n\n',
        ...texts.slice(5, 8),
        ...texts.slice(10, 13),
        ...texts.slice(15, 29),
        ...randomTexts(99, 12),
    ];
    write(
        'pretokenizers.golden.json',
        lines(
            components.map(component => {
                const preTokenizer = load({ pre_tokenizer: component }).getPreTokenizer();
                return {
                    component,
                    cases: inputs.map(text => ({
                        text,
                        pieces: preTokenizer.preTokenizeString(text).map(piece => piece[0]),
                    })),
                };
            }),
        ),
    );
}

function goldenNormalizers() {
    const forms = ['NFC', 'NFD', 'NFKC', 'NFKD'].map(type => ({ type }));
    const components = [
        ...forms,
        { type: 'Lowercase' },
        { type: 'Prepend', prepend: '>>' },
        ...[
            [true, true],
            [true, false],
            [false, true],
        ].map(([strip_left, strip_right]) => ({ type: 'Strip', strip_left, strip_right })),
        { type: 'Replace', pattern: { String: ' ' }, content: '\u2581' },
        { type: 'Replace', pattern: { String: '  ' }, content: '' },
        { type: 'Replace', pattern: { Regex: ' {2,}|\\p{N}' }, content: '$0' },
        { type: 'Replace', pattern: { Regex: '^\\s*' }, content: '<' },
        { type: 'Sequence', normalizers: [{ type: 'NFKC' }, { type: 'Lowercase' }] },
        { type: 'Sequence', normalizers: [] },
    ];
    const random = makeRandom(3);
    const marks = [
        ...'aAoe\u0300\u0301\u0302\u0307\u0308\u0323\u0327\u031b\u0345\u05b0\u05bc\u064b\u0651\u0334\u3099\u304b\u1100\u1161\u11a8\uac00\u1e69\u1e9b\u212b\ufb2c\u0958\u{1d15f}',
    ];
    const marked = Array.from({ length: 60 }, () =>
        Array.from({ length: 8 }, () => marks[random(marks.length)]).join(''),
    );
    const plain = texts.slice(17, 27);
    const decomposed = decomposable.filter((_, i) => i % 13 === 0).join('\n');
    write(
        'normalizers.golden.json',
        lines(
            components.map(component => {
                const normalizer = load({ normalizer: component }).getNormalizer();
                const inputs = component.type.startsWith('NF')
                    ? [...plain, ...marked, decomposed]
                    : [...plain, ...texts.slice(8, 16), lowercaseSample];
                return { component, cases: inputs.map(text => ({ text, result: normalizer.normalizeString(text) })) };
            }),
        ),
    );
}

(async () => {
    await goldenTokenizers();
    await goldenDecoding();
    goldenPreTokenizers();
    goldenNormalizers();
    write('unicode-classes.golden.json', lines(classes(load)));
})();
