"""One training step of all weights with AdamW."""

from peer import adamw, announce, answered_steps, load, next_token_loss, optimizer_step, random_ids

model = load().train()
trained = list(model.parameters())
optimizer = adamw(trained)
ids = random_ids(model.config)
announce()
for _ in answered_steps():
    optimizer_step(optimizer, trained, next_token_loss(model, ids))
