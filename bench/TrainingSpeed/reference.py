"""The pattern of the paper's published training code, rewritten plainly for PyTorch in eager mode.

Every row is padded to the maximum length. The rows of a step are chosen and rejected for the reward, and the teacher's
answer once for each of the two sides, of which one half is thrown away. Token logits are computed for every position of
every row, and the frozen teacher backbone runs inside the step. Loss: margin regression + SFT + KL(teacher || student).

Reads one JSON command a line on standard input, writes one JSON line for each. Nothing of PyTorch's beyond tensors,
autograd and AdamW is used, so any version since 1.8 will do.
"""

import json
import math
import resource
import sys
import time

import numpy
import torch
import torch.nn.functional as F


def load(path):
    """Reads a safetensors file of float32 tensors: length of the header, header as JSON, data."""
    with open(path, "rb") as file:
        data = file.read()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            start, end = entry["data_offsets"]
            values = numpy.frombuffer(data[8 + size + start : 8 + size + end], dtype=numpy.float32).copy()
            tensors[name] = torch.from_numpy(values).reshape(entry["shape"])
    return tensors


class Model:
    def __init__(self, weights, config):
        self.w, self.c = weights, config
        half = torch.arange(0, config["head_dim"], 2, dtype=torch.float64) / config["head_dim"]
        angles = torch.outer(torch.arange(config["max_length"], dtype=torch.float64), config["rope_theta"] ** -half)
        self.cos = torch.cat([angles, angles], 1).cos().float()
        self.sin = torch.cat([angles, angles], 1).sin().float()

    def norm(self, x, name):
        return self.w[name] * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.c["eps"]))

    def heads(self, x, name, count):
        return F.linear(x, self.w[name + ".weight"]).view(x.shape[0], x.shape[1], count, -1).transpose(1, 2)

    def rotate(self, x):
        length = x.shape[2]
        first, second = x.chunk(2, -1)
        return x * self.cos[:length] + torch.cat([-second, first], -1) * self.sin[:length]

    def hidden(self, ids, mask):
        """ids [B, T], additive mask [B, 1, T, T] -> [B, T, H]."""
        c = self.c
        x = F.embedding(ids, self.w["model.embed_tokens.weight"])
        for i in range(c["layers"]):
            name = f"model.layers.{i}."
            h = self.norm(x, name + "input_layernorm.weight")
            repeats = c["heads"] // c["groups"]
            q = self.rotate(self.heads(h, name + "self_attn.q_proj", c["heads"]))
            k = self.rotate(self.heads(h, name + "self_attn.k_proj", c["groups"])).repeat_interleave(repeats, 1)
            v = self.heads(h, name + "self_attn.v_proj", c["groups"]).repeat_interleave(repeats, 1)
            scores = torch.matmul(q, k.transpose(2, 3)) / math.sqrt(c["head_dim"]) + mask
            mixed = torch.matmul(F.softmax(scores, -1), v).transpose(1, 2).reshape(x.shape[0], x.shape[1], -1)
            x = x + F.linear(mixed, self.w[name + "self_attn.o_proj.weight"])
            h = self.norm(x, name + "post_attention_layernorm.weight")
            gate = F.silu(F.linear(h, self.w[name + "mlp.gate_proj.weight"]))
            x = x + F.linear(gate * F.linear(h, self.w[name + "mlp.up_proj.weight"]), self.w[name + "mlp.down_proj.weight"])
        return self.norm(x, "model.norm.weight")

    def forward(self, ids, mask):
        """Rewards [B, T] and logits [B, T, V] of every position."""
        hidden = self.hidden(ids, mask)
        return F.linear(hidden, self.w["score.weight"]).squeeze(-1), F.linear(hidden, self.w["model.embed_tokens.weight"])


def pad(rows, length):
    """ids [B, T] and the additive causal mask that hides padding [B, 1, T, T]."""
    ids = torch.zeros(len(rows), length, dtype=torch.long)
    real = torch.zeros(len(rows), length, dtype=torch.bool)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = torch.tensor(row)
        real[i, : len(row)] = True
    allowed = real[:, None, None, :] & torch.ones(length, length, dtype=torch.bool).tril()
    return ids, torch.zeros(allowed.shape).masked_fill(~allowed, -1e9)


class Trainer:
    def __init__(self, job):
        torch.manual_seed(0)
        torch.set_num_threads(job["threads"])
        self.job = job
        student, teacher = load(job["weights"]), load(job["teacher_weights"])
        self.parameters = [(name, tensor.requires_grad_(True)) for name, tensor in student.items()]
        self.student, self.teacher = Model(student, job["config"]), Model(teacher, job["config"])
        matrices = [tensor for _, tensor in self.parameters if tensor.dim() > 1]
        vectors = [tensor for _, tensor in self.parameters if tensor.dim() == 1]
        self.optimizer = torch.optim.AdamW(
            [{"params": matrices, "weight_decay": 0.01}, {"params": vectors, "weight_decay": 0.0}], lr=job["learning_rate"])

    def losses(self, pairs):
        length, count = self.job["config"]["max_length"], len(pairs)
        rows = [p["chosen"] for p in pairs] + [p["rejected"] for p in pairs] + [p["teacher"] for p in pairs] * 2
        ids, mask = pad(rows, length)
        rewards, logits = self.student.forward(ids, mask)
        last = torch.tensor([len(row) - 1 for row in rows[: 2 * count]])
        read = rewards[torch.arange(2 * count), last]
        margin = torch.tensor([p["margin"] for p in pairs])
        rank = (read[:count] - read[count:] - margin).square().mean()

        with torch.no_grad():
            _, teacher_logits = self.teacher.forward(ids[2 * count :], mask[2 * count :])
        labels = ids[2 * count : 3 * count, 1:]
        weights = torch.zeros(labels.shape)
        for i, p in enumerate(pairs):
            tokens = len(p["teacher"]) - p["prompt"]
            weights[i, p["prompt"] - 1 : len(p["teacher"]) - 1] = 1.0 / (tokens * count)
        student_log = F.log_softmax(logits[2 * count :], -1)[:count, :-1]
        teacher_log = F.log_softmax(teacher_logits, -1)[:count, :-1]
        sft = -(student_log.gather(2, labels.unsqueeze(2)).squeeze(2) * weights).sum()
        kl = ((teacher_log.exp() * (teacher_log - student_log)).sum(-1) * weights).sum()
        return rank, sft, kl

    def step(self, pairs, update):
        start, cpu = time.perf_counter(), time.process_time()
        rank, sft, kl = self.losses(pairs)
        if update:
            self.optimizer.zero_grad(set_to_none=True)
            (rank + self.job["sft_weight"] * sft + self.job["kl_weight"] * kl).backward()
            torch.nn.utils.clip_grad_norm_([tensor for _, tensor in self.parameters], self.job["clip"])
            self.optimizer.step()
        return {
            "seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu,
            "rank": rank.item(), "sft": sft.item(), "kl": kl.item(),
        }


def answer(message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def main():
    with open(sys.argv[1]) as file:
        job = json.load(file)
    trainer = Trainer(job)
    answer({"ready": True, "version": torch.__version__})
    for line in sys.stdin:
        command = json.loads(line)
        if command["do"] == "memory":
            answer({"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024})
        else:
            answer(trainer.step(job["batches"][command["batch"]], command["do"] == "step"))


main()
