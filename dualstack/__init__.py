"""Dual-stack SUSE Telco Cloud management clusters: one site file in, one checked plan out."""

__version__ = "0.1.0"
