// Writes the table that the normalizers NFC, NFD, NFKC and NFKD work with, as Hugging Face's library has it: its
// Unicode version is older than .NET's. Usage: node unicode-normalization.js > UnicodeNormalization.txt
const { nfcNormalizer, nfdNormalizer, nfkdNormalizer } = require('tokenizers');

const nfc = nfcNormalizer();
const nfd = nfdNormalizer();
const nfkd = nfkdNormalizer();
const hex = text => [...text].map(c => c.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')).join(' ');

function* characters() {
    for (let c = 1; c < 0x110000; c++) {
        if (c < 0xd800 || c > 0xdfff) {
            yield String.fromCodePoint(c);
        }
    }
}

const isHangul = c => c >= '\uac00' && c <= '\ud7a3';
// A mark of every combining class.
const classes = new Map([
    [1, '\u0334'],
    [7, '\u093c'],
    [8, '\u3099'],
    [9, '\u094d'],
    [10, '\u05b0'],
    [11, '\u05b1'],
    [12, '\u05b2'],
    [13, '\u05b3'],
    [14, '\u05b4'],
    [15, '\u05b5'],
    [16, '\u05b6'],
    [17, '\u05b7'],
    [18, '\u05b8'],
    [19, '\u05b9'],
    [20, '\u05bb'],
    [21, '\u05bc'],
    [22, '\u05bd'],
    [23, '\u05bf'],
    [24, '\u05c1'],
    [25, '\u05c2'],
    [26, '\ufb1e'],
    [27, '\u064b'],
    [28, '\u064c'],
    [29, '\u064d'],
    [30, '\u0618'],
    [31, '\u0619'],
    [32, '\u061a'],
    [33, '\u0651'],
    [34, '\u0652'],
    [35, '\u0670'],
    [36, '\u0711'],
    [84, '\u0c55'],
    [91, '\u0c56'],
    [103, '\u0e38'],
    [107, '\u0e48'],
    [118, '\u0eb8'],
    [122, '\u0ec8'],
    [129, '\u0f71'],
    [130, '\u0f72'],
    [132, '\u0f74'],
    [202, '\u0327'],
    [214, '\u1dce'],
    [216, '\u031b'],
    [218, '\u302a'],
    [220, '\u0316'],
    [222, '\u059a'],
    [224, '\u302e'],
    [226, '\u{1d16d}'],
    [228, '\u05ae'],
    [230, '\u0301'],
    [232, '\u0315'],
    [233, '\u035c'],
    [234, '\u035d'],
    [240, '\u0345'],
]);
const order = [...classes.keys()];

// Canonical combining class, found by how a character sorts beside marks of known classes. One that the last class
// does not sort behind, nor the first before, is no mark.
function combiningClass(c) {
    const stays = text => nfd.normalizeString(text) === text;
    if (!stays(c) || (stays('\u0345' + c) && stays(c + '\u0334'))) {
        return 0;
    }
    for (const value of order) {
        const mark = classes.get(value);
        if (stays(mark + c) && stays(c + mark)) {
            return value;
        }
    }
    throw new Error(`combining class of ${hex(c)}`);
}

const lines = [];
const marks = new Map(order.map(value => [value, []]));
for (const c of characters()) {
    const canonical = nfd.normalizeString(c);
    const compatible = nfkd.normalizeString(c);
    if (!isHangul(c) && canonical !== c) {
        const parts = [...canonical];
        const first = nfc.normalizeString(parts.slice(0, -1).join(''));
        const composes = parts.length > 1 && nfc.normalizeString(c) === c;
        if (composes && [...first].length !== 1) {
            throw new Error(`composition of ${hex(c)}`);
        }
        lines.push(composes ? `${hex(c)} = ${hex(first)} ${hex(parts.at(-1))}` : `${hex(c)} > ${hex(canonical)}`);
    }
    if (!isHangul(c) && compatible !== canonical) {
        lines.push(`${hex(c)} ~ ${hex(compatible)}`);
    }
    const value = combiningClass(c);
    if (value !== 0) {
        marks.get(value).push(c.codePointAt(0));
    }
}

function ranges(numbers) {
    const result = [];
    for (const n of numbers) {
        if (result.length > 0 && result.at(-1)[1] === n - 1) {
            result.at(-1)[1] = n;
        } else {
            result.push([n, n]);
        }
    }
    return result;
}

const four = n => n.toString(16).toUpperCase().padStart(4, '0');
for (const [value, numbers] of marks) {
    for (const [first, last] of ranges(numbers)) {
        lines.push(`@${value} ${four(first)}-${four(last)}`);
    }
}

console.log(`# Made by the test generator's unicode-normalization.js. Hexadecimal scalar values.
# C = A B    C is the canonical composition of A and B
# C > ...    full canonical decomposition of a C that nothing composes to
# C ~ ...    full compatibility decomposition where it is another than the canonical one
# @N A-B     A to B have the canonical combining class N; all others 0
# Hangul syllables are left out: they follow a rule.`);
console.log(lines.join('\n'));
