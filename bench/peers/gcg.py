"""One GCG step of nanoGCG: the gradient of the suffix, then the loss of every candidate behind a cached prefix.

Candidates are not filtered by retokenization, so that as many are scored as asked for. It never stops early.
"""

from peer import announce, answered_steps, fail, load, parameters

import transformers

try:
    import nanogcg.gcg
except ImportError as error:
    fail(f"Python lacks {error.name}; `pip install nanogcg` adds it.")

model = load().eval().requires_grad_(False)
tokenizer = transformers.AutoTokenizer.from_pretrained(parameters["folder"])
config = nanogcg.gcg.GCGConfig(
    num_steps=1_000_000,
    optim_str_init=parameters["suffix"],
    search_width=parameters["candidates"],
    topk=parameters["topK"],
    filter_ids=False,
    early_stop=False,
    use_prefix_cache=True,
    seed=0,
    verbosity="ERROR",
)
search = nanogcg.gcg.GCG(model, tokenizer, config)


def asked_for(steps):
    announce(
        tokens={
            "prefix": search.before_embeds.shape[1],
            "suffix": len(tokenizer(parameters["suffix"], add_special_tokens=False)["input_ids"]),
            "rest": search.after_embeds.shape[1],
            "target": search.target_embeds.shape[1],
        }
    )
    return answered_steps()


nanogcg.gcg.tqdm = asked_for  # its loop asks this for the next step
search.run(parameters["prompt"] + " {optim_str}", parameters["target"])
