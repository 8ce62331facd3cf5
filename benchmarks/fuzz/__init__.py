"""Damaged pictures, tables, archives and pages by the thousand: does each end in words, and soon?"""
