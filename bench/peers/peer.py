"""What the peers share: a model in PyTorch on the processor, and steps that the benchmark asks for one by one.

A peer is started with one argument, the JSON of its parameters. It prints `{"ready": …}` when its model is loaded, then
answers every line that it reads with the milliseconds of one step, so that its steps and ours alternate.
"""

import json
import os
import sys
import time

parameters = json.loads(sys.argv[1])
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # whatever libraries print must not stand between the answers


def fail(sentence):
    answers.write(json.dumps({"missing": sentence}) + "\n")
    answers.flush()
    sys.exit(0)


try:
    import torch
    import transformers
except ImportError as error:
    fail(f"Python lacks {error.name}; `pip install torch transformers` adds it.")

torch.set_num_threads(parameters["threads"])
transformers.logging.set_verbosity_error()


def load():
    """The model of the folder in float32, whatever it is stored in."""
    return transformers.AutoModelForCausalLM.from_pretrained(parameters["folder"]).float()


def random_ids(config):
    rows, length = parameters["shape"]
    torch.manual_seed(0)
    return torch.randint(config.vocab_size, (rows, length))


def next_token_loss(model, ids):
    logits = model(input_ids=ids, use_cache=False).logits
    return torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten())


def optimizer_step(optimizer, trained, loss):
    """Clips to norm 1 and updates, as the lab's trainer does."""
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(trained, 1.0)
    optimizer.step()


def adamw(trained):
    rate = parameters["learningRate"]
    return torch.optim.AdamW(trained, lr=rate, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.0)


def announce(**about):
    answers.write(json.dumps({"ready": {"torch": torch.__version__, **about}}) + "\n")
    answers.flush()


def answered_steps():
    """Yields whenever a step is asked for; the time until the next call is the step's."""
    while sys.stdin.readline():
        started = time.perf_counter()
        yield
        answers.write(json.dumps({"ms": 1000 * (time.perf_counter() - started)}) + "\n")
        answers.flush()
