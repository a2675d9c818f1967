"""One training step of low-rank adapters beside every linear layer, with AdamW; the head has none. Our own adapters."""

from peer import adamw, announce, answered_steps, load, next_token_loss, optimizer_step, parameters, random_ids

import torch


class Adapted(torch.nn.Module):
    """W x + (alpha / rank) B A x (https://arxiv.org/abs/2106.09685), without dropout."""

    def __init__(self, linear, rank, alpha):
        super().__init__()
        self.linear = linear
        self.down = torch.nn.Linear(linear.in_features, rank, bias=False)
        self.up = torch.nn.Linear(rank, linear.out_features, bias=False)
        torch.nn.init.zeros_(self.up.weight)
        self.scale = alpha / rank

    def forward(self, x):
        return self.linear(x) + self.scale * self.up(self.down(x))


model = load().train().requires_grad_(False)
for layer in model.model.layers:
    for block in (layer.self_attn, layer.mlp):
        for name, linear in list(block.named_children()):
            if isinstance(linear, torch.nn.Linear):
                setattr(block, name, Adapted(linear, parameters["rank"], parameters["alpha"]))
trained = [weight for weight in model.parameters() if weight.requires_grad]
optimizer = adamw(trained)
ids = random_ids(model.config)
announce(trained=sum(weight.numel() for weight in trained))
for _ in answered_steps():
    optimizer_step(optimizer, trained, next_token_loss(model, ids))
