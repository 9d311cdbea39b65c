// What the library's parts think of every single character. Slow (a minute): all of Unicode, one by one.
const { nfkdNormalizer, lowercase } = require('tokenizers');

function* scalars() {
    for (let c = 1; c < 0x110000; c++) {
        if (c < 0xd800 || c > 0xdfff) {
            yield c;
        }
    }
}

function ranges(isMember) {
    const result = [];
    let last = -2;
    for (const c of scalars()) {
        if (isMember(String.fromCodePoint(c))) {
            if (last === c - 1 || (c === 0xe000 && last === 0xd7ff)) {
                result.at(-1)[1] = c;
            } else {
                result.push([c, c]);
            }
            last = c;
        }
    }
    return result;
}

// Members of the classes, as ranges of scalar values. Digits of Unicode 17 are left out, as .NET 10 has Unicode 16.
function classes(load) {
    const removed = component => {
        const preTokenizer = load({ pre_tokenizer: component }).getPreTokenizer();
        return c => preTokenizer.preTokenizeString(c).length === 0;
    };
    const pattern = regex =>
        removed({ type: 'Split', pattern: { Regex: regex }, behavior: 'Removed', invert: false });
    const whitespace = load({ pre_tokenizer: { type: 'Whitespace' } }).getPreTokenizer();
    const names = [
        '\\s',
        '\\w',
        '\\d',
        '.',
        ...'L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z Zs Zl Zp Cc Cf'
            .split(' ')
            .map(name => `\\p{${name}}`),
    ];
    return [
        ...names.map(name => ({ name, ranges: ranges(pattern(name)) })),
        { name: 'Punctuation', ranges: ranges(removed({ type: 'Punctuation', behavior: 'Removed' })) },
        { name: 'WhitespaceSplit', ranges: ranges(removed({ type: 'WhitespaceSplit' })) },
        { name: 'Whitespace word', ranges: ranges(c => whitespace.preTokenizeString('a' + c + 'a').length === 1) },
    ];
}

const lower = lowercase();
const nfkd = nfkdNormalizer();
const isNew = c => c === 0xa7ce || c === 0xa7d2 || c === 0xa7d4 || (c >= 0x16ea0 && c <= 0x16eb8);
const changing = normalizer =>
    [...scalars()].map(c => String.fromCodePoint(c)).filter(c => normalizer.normalizeString(c) !== c);

module.exports = {
    classes,
    // Capitals of Unicode 17 are left out, as above.
    lowercaseSample: changing(lower)
        .filter(c => !isNew(c.codePointAt(0)))
        .join(''),
    decomposable: changing(nfkd).filter(c => c < '\uac00' || c > '\ud7a3'),
};
