// node encode_reference.mjs NODE_MODULES LIBRARY DIRECTORY < texts.jsonl > encodings.jsonl
// LIBRARY: tokenizers (@huggingface/tokenizers), transformers (@huggingface/transformers), gpt-3-encoder (its own vocabulary).
// A line in is a JSON string; a line out is {"ids"}, in the first lines also "special" (with the tokenizer's own special tokens), "decoded"
// and "skipped" (without special tokens).
import { readFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, basename, dirname } from 'node:path';

const [modules, library, directory] = process.argv.slice(2);
const require = createRequire(join(modules, 'any.js'));
const load = (name) => require(name);

async function open() {
    if (library === 'gpt-3-encoder') {
        const { encode, decode } = require('gpt-3-encoder');
        return (text, full) => {
            const ids = encode(text);
            return full ? { ids, special: ids, decoded: decode(ids), skipped: decode(ids) } : { ids };
        };
    }

    const read = (name) => JSON.parse(readFileSync(join(directory, name), 'utf8'));
    const config = read('tokenizer_config.json');
    let tokenizer, encode;
    if (library === 'transformers') {
        const { AutoTokenizer, env } = load('@huggingface/transformers');
        env.allowRemoteModels = false;
        env.localModelPath = dirname(directory);
        tokenizer = await AutoTokenizer.from_pretrained(basename(directory));
        encode = (text, add_special_tokens) => tokenizer.encode(text, { add_special_tokens });
    } else {
        const { Tokenizer } = load('@huggingface/tokenizers');
        tokenizer = new Tokenizer(read('tokenizer.json'), config);
        encode = (text, add_special_tokens) => tokenizer.encode(text, { add_special_tokens }).ids;
    }

    const clean_up_tokenization_spaces = config.clean_up_tokenization_spaces ?? false;
    const decode = (ids, skip_special_tokens) => ids.length ? tokenizer.decode(ids, { skip_special_tokens, clean_up_tokenization_spaces }) : '';
    return (text, full) => {
        const ids = encode(text, false);
        return !full ? { ids } : { ids, special: encode(text, true), decoded: decode(ids, false), skipped: decode(ids, true) };
    };
}

const FULL = 4000;
const run = await open();
const output = [];
for (const line of readFileSync(0, 'utf8').split('\n')) {
    if (line) {
        output.push(JSON.stringify(run(JSON.parse(line), output.length < FULL)));
    }
}

let bytes = Buffer.from(output.join('\n') + '\n');
while (bytes.length) {
    try {
        bytes = bytes.subarray(writeSync(1, bytes));
    } catch (error) {
        if (error.code !== 'EAGAIN') {
            throw error;
        }
    }
}
