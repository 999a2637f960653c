"""Dual-stack SUSE Telco Cloud management clusters: one site file in, one checked plan out."""

__version__ = "0.2.0"
