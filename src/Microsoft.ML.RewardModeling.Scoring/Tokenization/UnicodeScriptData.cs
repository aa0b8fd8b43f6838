namespace Microsoft.ML.RewardModeling.Scoring.Tokenization;

/// <summary>Which code points belong to which script, from the Unicode Character Database 17.0 (Scripts.txt).</summary>
internal static class UnicodeScriptData
{
    /// <summary>The scripts in the order of the numbers in <see cref="Runs"/>.</summary>
    public const string Names =
        "Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Bhaiksuki Bopomofo "
        + "Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee Chorasmian Common "
        + "Coptic Cuneiform Cypriot Cypro_Minoan Cyrillic Deseret Devanagari Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs "
        + "Elbasan Elymaic Ethiopic Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi Gurmukhi Han Hangul "
        + "Hanifi_Rohingya Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic Inherited Inscriptional_Pahlavi Inscriptional_Parthian "
        + "Javanese Kaithi Kannada Katakana Kawi Kayah_Li Kharoshthi Khitan_Small_Script Khmer Khojki Khudawadi Lao Latin Lepcha "
        + "Limbu Linear_A Linear_B Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean Marchen Masaram_Gondi "
        + "Medefaidrin Meetei_Mayek Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar "
        + "Nabataean Nag_Mundari Nandinagari New_Tai_Lue Newa Nko Nushu Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Old_Hungarian "
        + "Old_Italic Old_North_Arabian Old_Permic Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Old_Uyghur Oriya Osage "
        + "Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada "
        + "Shavian Siddham SignWriting Sinhala Sogdian Sora_Sompeng Soyombo Sundanese Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le "
        + "Tai_Tham Tai_Viet Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Toto Ugaritic Vai Vithkuqi "
        + "Wancho Warang_Citi Yezidi Yi Zanabazar_Square";

    /// <summary>
    /// Runs of code points of one script, in base 64: how many code points after the last run it begins, how many it has less one (both in
    /// groups of 7 bits, lowest first), the number of the script.
    /// </summary>
    public const string Runs =
        "AEAYARlGAQUYARlGAS4YAQBGAQ4YAQBGAQQYARZGAQAYAR5GAQAYAcADRgEmGAEERgEEGAEBDAETGAFvNwEDKwEAGAECKwMDKwEAGAEAKwUAKwEAGAEAKwEAGAECKwIAKw"
        + "ITKwI+KwENGQEPKwGEAR0BATcBqAEdAiUEAzEEAwIEAjY0CRo0BQU0DAQDAQAYAQUDAQAYAQ0DAQAYAQIDAQAYAR8DAQAYAQkDAQo3ARkDAQA3AWsDAQAYASEDAQ2KAjuK"
        + "AwKKAS8DATGVDzplAwJlAS1+Aw5+AhtRAwBRAgqKBiEDBkoDAQAYARwDAVAfAQM3AQ4fAQEYARkfAQMKAgcKAwEKAxUKAgYKAgAKBAMKAwgKAwEKAwMKCQAKBQEKAgQKAx"
        + "gKAwIuAgUuBQEuAxUuAgYuAgEuAgEuAgEuAwAuAgQuBQEuAwIuBAAuCAMuAgAuCBAuCwIsAggsAgIsAhUsAgYsAgEsAgQsAwksAgIsAgIsAwAsEAMsAwssCAYsAgJzAgdz"
        + "AwFzAxVzAgZzAgFzAgRzAwhzAwFzAwJzCAJzBQFzAgRzAxFzCwGRAgWRBAKRAgORBAGRAgCRAgGRBAGRBAKRBAuRBQSRBAKRAgORAwCRBwCRDxSRBgyUAgKUAhaUAg+UAw"
        + "iUAgKUAgOUCAGUAgKUAgGUAwOUAwmUCAiUAQw8AgI8AhY8Agk8AgQ8Awg8AgI8AgM8CAE8BgI8AgM8Awk8AgI8DQxQAgJQAjJQAgJQAgVQBQ9QAxlQAgKEAhGEBBeEAgiE"
        + "AgCEAwaEBACEBQWEAgCEAgeEBwmEAwKEDTmWBQAYARuWJgFFAgBFAgRFAhdFAgBFAhZFAwRFAgBFAgZFAglFAwNFIUeXAiOXBSaXAiOXAg6XAgaXAQMYAQGXJp8BXwElJw"
        + "IAJwYAJwMqJwEAGAEDJwH/ATABSCYCAyYDBiYCACYCAyYDKCYCAyYDICYCAyYDBiYCACYCAyYDDiYCOCYCAyYDQiYDHyYEGSYHVRYDBRYD/wQRARxoBEp9AQIYAQp9CBWL"
        + "CgCLARQyAQEYChMQDQyMAgKMAgGMDV1CAwlCBwlCBwFcAQEYAQBcAQAYARNcB1hcCCpcBkURCx5IAgtIBQtIBQBIBAtIAR2NAwSNDCtjBRljBwpjBAFjAR9CARsPAwEPAT"
        + "6OAhyOAwqOBwmOBw2OAy03Aws3FUwGAjEGAT+IATMJCQMJATdHBA5HBAJHAS9pAQodBionAwInAQeICQI3AQAYAQw3AQAYAQY3AQMYAQA3AQUYAQA3AQIYAQE3AQAYBiVG"
        + "AQQrAQAdATBGAQQrAQNGAQQrAQxGAQAdAUVGAQArAT83Af8BRgEVKwMFKwMlKwMFKwMHKwIAKwIAKwIAKwIeKwM0KwIOKwINKwMFKwISKwMCKwIIKwILGAEBNwFWGAIKGA"
        + "EARgMKGAEARgEOGAIMRgQhGA8gNxAlGAEAKwECGAEBRgEFGAEARgEaGAEARgEQGAEoRgECGAWZBRgXChgWnwcYAf8BDgHzBBgDiQEYAV8oAR9GAXMZBgYZASUnAgAnBgAn"
        + "AzeYCAGYDwCYARYmCgYmAgYmAgYmAgYmAgYmAgYmAgYmAgYmAh8dAV0YIxkvAlgvDdUBLxsUGAEALwEAGAEALwEYGAEILwEDNwEBMAEHGAEDLwEDGAJVNQMBNwEBGAECNQ"
        + "EAGAFZPQEBGAECPQYqDAJdMAIPGAEfDAElGAoAGAEPPQEeMAI/GAEeMAFQGAEuPQEAGAFXPQGnARgBvzMvAT8YAf+jAS8BjAmhBDahCi9LAasCnBVfHQFXBwkhGAFlRgEC"
        + "GAFRRhUORgEsiQQJGAc3eQlFfwkLfwcfHwEtPwEAGAEAPwEjfAwAfAEcMARNOgIAGAEJOgUBOgEeXwI2FQoNFQMJFQMDFQEfXwFCjxkEjwEWVgsFJgMFJgMFJgoGJgIGJg"
        + "IqRgEAGAEIRgEAKwEDRgEBGAVPFgEtVgMJVgejVzANFjAFMDCFQu0CLwNpLycGRg0EBAYZNAIENAIANAIBNAIBNAIJNAHtAwMBARgBjwEDIQ8DAQ83AQkYBw03AQEdASIY"
        + "AhIYAgMYBQQDAoYBAwMAGAIfGAEZRgEFGAEZRgEKGAEJPQEAGAEsPQEBGAEeMAQFMAMFMAMFMAMCMAQGGAIGGAsEGAMLSgIZSgISSgIBSgIOSgMNSiN6SgYCGAUsGAQIGA"
        + "FOKwIMGAQAKzAsGAEAN4MBHEwEMBIQADcBGhgFI2sKAmsBGikGKm0GHZsCAJsBI24FDW4rTx4BL4EBHXUDCXUHI3QFI3QFJyQJMxMMABMBCp0CDp0CBp0CAZ0CCp0CDp0C"
        + "Bp0CAZ1EtgJJChVJCwdJGQVGAilGAghGRgUbAwAbAisbAgEbBAAbAwAbARU2Agg2AR93AR5gCQhgMRIzAgEzBgQzARt6BAB6ARlNBgBNQR9ZARdYBRNYAy1YAQNAAgFABg"
        + "dAAgJAAhxAAwJABQlACAhACB9wAR9sISZSBQtSCjUFBAYFARU5Awc5ARI4Bgc4ARF7CAN7DQZ7UUhxODJqDjJqCAVqAScxCQkxpwIeAwIpoAICoAMBoBEFAwkIAyIFAwEn"
        + "bwkphRcZcicbFxUWJQpNDQUjDQoADQFCOwsAOwMYhggJhgc0FAIRFAkmTgpfgAIThAwRQwIuQz8GXgIAXgIDXgIOXgIKXgc6RAYJRAcDKgIHKgMBKgMVKgIGKgIBKgIEKg"
        + "IANwEIKgMBKgMCKgMAKgcAKgYGKgMGKgQEKowBW2QCBGQfR5kJCZmnATWCAyWCI0RbDAlbBwxcFDmQBwmQBxNfHRoBAw4BBRYBugE7IWVSnw0AnwEGIAMAIAMHIAIBIAId"
        + "IAIBIAMLIAoJIEcHYgMtYgMKYhxHoglShw4PEQE4eAgJH1cHgJkBCAsCLAsCDQsLHAsEH1MDFVMCDVNKBlQCAVQCK1QEAFQCAVQCCFQJCVQHBS0CAS0CJC0CAS0CBS0ICS"
        + "23AhhPCBA+Aig+BBw+VgBLEDGRDgCRAZkHGmduGgIEGgzDARrNFGIcDtUIIwuaHyMGxgQCukO4BAcIHl0CCV0FAV0BTpICCZIHHQgDBQgLRXYLCXYCBnYCFHYGEnaxBVpV"
        + "ZkpaBThaCBBaQQCTAQBmAQEvAQBBDAYvCv81kwHVA0EqAEEBHpNicpP+QwM9AgY9AgE9AgA9AZ4CNQECPRAANR4CNQMAPQ8DPQmLA2aFEmoiBgwiBAgiCAkiAwMiAQMY3R"
        + "78ARgEswMYBxYYEBAYEC03AxY3CnMYPfUBGAsmGAM9GAECNwEQGAEHNwEBGAEGNwEdGAEDNwE8GBZFK3sTGA0TGA1WGAoYGIgBVBgCRhgCARgDABgDARgDAxgCCxgCABgC"
        + "BhgCQBgCAxgDBxgCBhgCGxgCAxgCBBgCABgEBhgC0wIYA6MCGAMxGAGLBYMQBIMCDoPRCB5GBwVG1gEGKAIQKAMGKAIBKAIEKAY9HSIAHXEsZwQNZwMJZwUBZ8ECHpoSOZ"
        + "4GAJ7RAylh5wUGJgIDJgIBJgIOJgLEAVcDD1cqSwAFCQAFAQCSBkMYTTwYwwEDAwIaAwIBAwIAAwMAAwIJAwIDAwIAAwIAAwcAAwUAAwIAAwIAAwICAwIBAwIAAwMAAwIA"
        + "AwIAAwIAAwIAAwIBAwIAAwMDAwIGAwIDAwIDAwIAAwIJAwIQAwYCAwIEAwIQAzUBA48CKxgFYxgNDhgDDhgCDhgCJBgLrQEYORkYAQA1AQEYDisYBQgYCAEYDwUYmwHYBx"
        + "gEEBgEDBgE2QEYBwsYBQAYEAsYBTcYCQkYBycYCR0YAwsYBQEYDwgYKNcCGAkNGAMMGAQKGAQ4GAIAGAUPGAMLGAUJGAiSARgCZhiGCN/NAi8hnSIvA40tLwOwOi8Q7QQv"
        + "oxOdBC/jC8omLwapQi+IlysAGB9fGIEB7wE3";
}
