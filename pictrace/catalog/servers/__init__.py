"""A catalog that several PicTrace servers hold together, asked through their JSON API."""
