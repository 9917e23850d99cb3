"""The compared shapes in torch, random weights: bert and mini are transformers' own BertModel; gte
and nomic, with rotary positions and a gated MLP, are written out with torch's fused attention."""

import torch
import torch.nn as nn
import torch.nn.functional as F

from shapes import MINI, SHAPES


class Layer(nn.Module):
    def __init__(s, c):
        super().__init__()
        H, I, b = c["H"], c["I"], c["bias"]
        s.A, s.act = c["A"], c["glu"]
        s.qkv = nn.Linear(H, 3 * H, bias=b)
        s.o = nn.Linear(H, H, bias=b)
        s.up = nn.Linear(H, 2 * I, bias=False)
        s.down = nn.Linear(I, H, bias=b)
        s.n1 = nn.LayerNorm(H)
        s.n2 = nn.LayerNorm(H)

    def forward(s, x, cos, sin, mask):
        B, T, H = x.shape
        q, k, v = s.qkv(x).view(B, T, 3, s.A, H // s.A).permute(2, 0, 3, 1, 4).unbind(0)

        def rot(t):
            a, b = t.chunk(2, -1)
            return t * cos + torch.cat((-b, a), -1) * sin

        y = F.scaled_dot_product_attention(rot(q), rot(k), v, attn_mask=mask)
        x = s.n1(x + s.o(y.transpose(1, 2).reshape(B, T, H)))
        g, u = s.up(x).chunk(2, -1)
        g = F.gelu(g) if s.act == "gelu" else F.silu(g)
        return s.n2(x + s.down(g * u))


class RopeEncoder(nn.Module):
    def __init__(s, c):
        super().__init__()
        s.emb = nn.Embedding(c["V"], c["H"])
        s.typ = nn.Embedding(2, c["H"])
        s.n = nn.LayerNorm(c["H"])
        s.layers = nn.ModuleList(Layer(c) for _ in range(c["L"]))
        d = c["H"] // c["A"]
        f = torch.outer(
            torch.arange(512).float(), 1.0 / (10000 ** (torch.arange(0, d, 2).float() / d))
        )
        e = torch.cat((f, f), -1)
        s.register_buffer("cos", e.cos())
        s.register_buffer("sin", e.sin())
        for p in s.parameters():
            if p.dim() > 1:
                nn.init.normal_(p, std=0.02)

    def forward(s, input_ids, attention_mask):
        T = input_ids.shape[1]
        x = s.n(s.emb(input_ids) + s.typ.weight[0])
        mask = (1.0 - attention_mask[:, None, None, :].to(x.dtype)) * -10000.0
        cos, sin = s.cos[:T].to(x.dtype), s.sin[:T].to(x.dtype)
        for l in s.layers:
            x = l(x, cos, sin, mask)
        return x[:, 0]  # CLS pooling; mean pooling costs nothing measurable


class BertEnc(nn.Module):
    def __init__(s, m):
        super().__init__()
        from transformers import BertConfig, BertModel

        c = SHAPES[m]
        if m == "mini":
            s.b = BertModel.from_pretrained(
                MINI, attn_implementation="sdpa", add_pooling_layer=False
            )
        else:
            s.b = BertModel(
                BertConfig(
                    vocab_size=c["V"],
                    hidden_size=c["H"],
                    num_hidden_layers=c["L"],
                    num_attention_heads=c["A"],
                    intermediate_size=c["I"],
                    attn_implementation="sdpa",
                ),
                add_pooling_layer=False,
            )

    def forward(s, input_ids, attention_mask):
        return s.b(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state[:, 0]


def build(m):
    torch.manual_seed(0)
    c = SHAPES[m]
    return (RopeEncoder(c) if c["rope"] else BertEnc(m)).eval()
